"""The outcome as a person reads it, and as a program does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import orjson

from chatplatform.bench.chat.contest import Contest, Plan, as_lines
from chatplatform.bench.chat.figures import Goal, Row, goals, ratio, rows

_HEAD = ("", "msg/s", "× s.io", "CPU µs", "p50 ms", "p95 ms", "p99 ms", "KiB idle", "conn/s", "lost dbl ord unm")


def as_table(contest: Contest, plan: Plan) -> Iterator[str]:
    """Everything in one screen."""
    found = rows(contest)
    by_name = {row.name: row for row in found}
    yield f"{_HEAD[0]:10}" + "".join(f"{word:>10}" for word in _HEAD[1:-1]) + f"  {_HEAD[-1]}"
    for row in found:
        yield _line(row, by_name.get("socketio"))
    yield ""
    for row in found:
        parts = ", ".join(f"{part} {spent:.0f}" for part, spent in row.cpu_of.items())
        beat = "" if row.heartbeat is None else f", a heartbeat {row.heartbeat:.0f}"
        yield f"{row.name:10}{row.title} (CPU µs: {parts}{beat}; load {row.client_busy:.0%} busy)"
    for name, why in contest.skipped.items():
        yield f"{name:10}not measured: {why}"
    yield ""
    yield f"{'':44}{'now':>9}{'first':>9}{'then':>9}"
    for goal in goals(found):
        yield _goal(goal)
    yield ""
    yield (
        f"{plan.conversations} conversations, {plan.answerers} who answer; medians of {plan.rounds} rounds; latency open loop, from when a message was due, "
        f"at {plan.rate:g}/s (textbook {plan.slow_rate:g}/s). The limits of the benchmark's organisation are raised."
    )


def as_json(contest: Contest) -> Iterator[str]:
    """A line for each turn, then one for each contender, then one for the goals."""
    yield from as_lines(contest)
    found = rows(contest)
    for row in found:
        yield orjson.dumps({"median": asdict(row)}).decode()
    yield orjson.dumps({"goals": [asdict(goal) for goal in goals(found)], "skipped": contest.skipped}).decode()


def _line(row: Row, socketio: Row | None) -> str:
    times = ratio(row, socketio, "per_second")
    cells = [
        f"{row.per_second:,.0f}",
        _number(times, 2),
        _number(row.cpu, 0),
        _number(row.p50, 2),
        _number(row.p95, 2),
        _number(row.p99, 2),
        _number(row.idle_kib, 1),
        _number(row.connects, 0),
    ]
    counts = f"{row.lost:>6}{row.doubled:>4}{row.disordered:>4}{row.unmasked:>4}"
    return f"{row.name:10}" + "".join(f"{cell:>10}" for cell in cells) + counts


def _goal(goal: Goal) -> str:
    sign = "≥" if goal.is_least else "≤"
    met = {None: "", True: "  reached", False: "  missed"}[goal.meets(goal.first)]
    return f"{goal.name:44}{_number(goal.value, 2):>9}{sign + f'{goal.first:g}':>9}{sign + f'{goal.then:g}':>9}{met}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
