"""From measurements to what is told: percentiles, medians of rounds, ratios to the baselines of the same run. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from chatplatform.bench.chat.contest import Contest

MICRO: Final = 1e6
MILLI: Final = 1e3


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of all do not pass; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = -(-len(ordered) * round(share * 1_000) // 1_000) - 1  # ceil, in whole numbers
    return ordered[max(0, min(place, len(ordered) - 1))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contender, medians of its rounds; None for what was not measured. Times in ms, processor time in µs a message and a heartbeat."""

    name: str
    title: str
    per_second: float
    cpu: float | None
    cpu_of: dict[str, float]
    p50: float | None
    p95: float | None
    p99: float | None
    idle_kib: float | None
    heartbeat: float | None
    connects: float | None
    client_busy: float
    lost: int
    doubled: int
    disordered: int
    unmasked: int

    @property
    def faults(self) -> int:
        return self.lost + self.doubled + self.disordered + self.unmasked


def rows(contest: Contest) -> list[Row]:
    """In the order in which they took part."""
    return [_row(name, title, _outcomes(contest, name)) for name, title in contest.titles.items()]


def _outcomes(contest: Contest, name: str) -> list[dict[str, Any]]:
    return [turn.outcome for turn in contest.turns if turn.contender == name]


def _row(name: str, title: str, outcomes: list[dict[str, Any]]) -> Row:
    measured = [one for one in outcomes if one["messages"]]
    parts = {
        part: median(one["cpu"][part] / one["messages"] for one in measured) * MICRO
        for part in (measured[0]["cpu"] if measured else ())
    }
    totals = [sum(one["cpu"].values()) / one["messages"] * MICRO for one in measured]
    faults = {kind: sum(one["faults"][kind] for one in outcomes) for kind in outcomes[0]["faults"]}
    idle = [one["idle_bytes"] for one in outcomes if one["idle_bytes"] is not None]
    beats = [one["heartbeat"] for one in outcomes if one["heartbeat"] is not None]
    connects = [one["connects_per_second"] for one in outcomes if one["connects_per_second"]]
    return Row(
        name=name,
        title=title,
        per_second=median(one["per_second"] for one in outcomes),
        cpu=median(totals) if totals else None,
        cpu_of=parts,
        p50=_latency(outcomes, 0.5),
        p95=_latency(outcomes, 0.95),
        p99=_latency(outcomes, 0.99),
        idle_kib=median(idle) / 1024 if idle else None,
        heartbeat=median(beats) * MICRO if beats else None,
        connects=median(connects) if connects else None,
        client_busy=median(one["client_busy"] for one in outcomes),
        **faults,
    )


def _latency(outcomes: list[dict[str, Any]], share: float) -> float | None:
    found = [value for one in outcomes if (value := percentile(one["latencies"], share)) is not None]
    return median(found) * MILLI if found else None


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio that was agreed on; `value` is None where its baseline did not take part."""

    name: str
    value: float | None
    first: float
    then: float
    is_least: bool = True
    """Whether it has to be at least that much; else at most."""
    unit: str = "×"

    def meets(self, wanted: float) -> bool | None:
        """None where it was not measured."""
        if self.value is None:
            return None
        return self.value >= wanted if self.is_least else self.value <= wanted


def goals(found: list[Row]) -> list[Goal]:
    """Ours by the baselines of this run."""
    by_name = {row.name: row for row in found}
    ours, raw, socketio, ws, stock = (by_name.get(name) for name in ("ours", "raw", "socketio", "ws", "stock"))
    return [
        Goal("messages/s against Socket.IO + PostgreSQL", ratio(ours, socketio, "per_second"), 2.5, 5.0),
        Goal("messages/s against ws + PostgreSQL, tuned", ratio(ours, ws, "per_second"), 0.6, 1.0),
        Goal("messages/s against the textbook's Channels", ratio(ours, stock, "per_second"), 25.0, 50.0),
        Goal("messages/s, share of the raw floor", ratio(ours, raw, "per_second"), 0.10, 0.25),
        Goal("p99 against Socket.IO + PostgreSQL", ratio(ours, socketio, "p99"), 0.5, 0.1, is_least=False),
        Goal("memory of an idle socket, KiB", ours.idle_kib if ours else None, 28.0, 16.0, is_least=False, unit=""),
        Goal("connects/s against Socket.IO", ratio(ours, socketio, "connects"), 0.9, 3.0),
    ]


def ratio(ours: Row | None, theirs: Row | None, figure: str) -> float | None:
    """None where one of them is missing."""
    if ours is None or theirs is None:
        return None
    mine, other = getattr(ours, figure), getattr(theirs, figure)
    return mine / other if mine is not None and other else None


def shortfalls(found: list[Row]) -> list[str]:
    """What stands in the way of the first column: ratios that are missed, and any fault of ours or of the floor, by which the load itself is judged."""
    missed = [
        f"{goal.name}: {goal.value:.2f}{goal.unit} instead of {goal.first:g}{goal.unit}"
        for goal in goals(found)
        if goal.meets(goal.first) is False
    ]
    return faults(found) + missed


def faults(found: list[Row]) -> list[str]:
    """Messages of ours, or on the floor, that were lost, doubled, disordered or not masked."""
    return [
        f"{row.name}: {row.lost} lost, {row.doubled} doubled, {row.disordered} disordered, {row.unmasked} not masked"
        for row in found
        if row.faults and row.name in {"ours", "raw"}
    ]
