"""Percentiles, medians and ratios, and what the gate says of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chatplatform.bench.chat import plot
from chatplatform.bench.chat.contest import Contest, Plan, Turn
from chatplatform.bench.chat.figures import faults, goals, percentile, ratio, rows, shortfalls
from chatplatform.bench.chat.tables import as_json, as_table


def outcome(per_second: float, *, cpu: float = 1.0, latency: float = 0.002, lost: int = 0) -> dict[str, Any]:
    return {
        "messages": 1_000,
        "per_second": per_second,
        "cpu": {"server": cpu, "postgres": 0.5, "valkey": 0.0},
        "client_busy": 0.1,
        "latencies": [latency] * 10,
        "connects_per_second": 100.0,
        "idle_bytes": 20 * 1024.0,
        "heartbeat": 50e-6,
        "faults": {"lost": lost, "doubled": 0, "disordered": 0, "unmasked": 0},
    }


def contest(**of: list[dict[str, Any]]) -> Contest:
    turns = [Turn(name, number, one) for name, found in of.items() for number, one in enumerate(found)]
    return Contest(turns, {name: name.title() for name in of}, {})


@pytest.mark.parametrize(("share", "wanted"), [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (0.001, 1.0), (1.0, 100.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, wanted: float) -> None:
    assert percentile([float(value) for value in range(100, 0, -1)], share) == wanted


def test_nothing_has_no_percentile_and_one_value_is_all_of_them() -> None:
    assert percentile([], 0.5) is None
    assert percentile([3.0], 0.99) == 3.0


def test_a_contender_is_told_by_the_median_of_its_rounds() -> None:
    (row,) = rows(contest(ours=[outcome(900.0, cpu=9.0), outcome(1_000.0), outcome(5_000.0)]))
    assert row.per_second == 1_000.0
    assert row.cpu == pytest.approx(1_500.0)
    assert row.cpu_of == {"server": 1_000.0, "postgres": 500.0, "valkey": 0.0}
    assert row.p99 == pytest.approx(2.0)
    assert row.idle_kib == 20.0


def test_ratios_are_of_the_same_run_and_missing_where_the_baseline_is() -> None:
    ours, socketio = rows(contest(ours=[outcome(3_000.0)], socketio=[outcome(1_000.0)]))
    assert ratio(ours, socketio, "per_second") == 3.0
    assert ratio(ours, None, "per_second") is None
    met = {goal.name: goal.meets(goal.first) for goal in goals([ours, socketio])}
    assert met["messages/s against Socket.IO + PostgreSQL"] is True
    assert met["p99 against Socket.IO + PostgreSQL"] is False
    assert met["messages/s against ws + PostgreSQL, tuned"] is None


def test_the_gate_names_what_is_missed_and_not_what_was_not_measured() -> None:
    found = rows(contest(ours=[outcome(1_000.0)], socketio=[outcome(1_000.0, latency=1.0)]))
    assert shortfalls(found) == ["messages/s against Socket.IO + PostgreSQL: 1.00× instead of 2.5×"]


def test_a_message_of_ours_that_is_lost_is_a_fault_and_one_of_a_peer_is_shown() -> None:
    found = rows(contest(ours=[outcome(1.0, lost=2), outcome(1.0, lost=1)], stock=[outcome(1.0, lost=9)]))
    assert faults(found) == ["ours: 3 lost, 0 doubled, 0 disordered, 0 not masked"]
    table = "\n".join(as_table(contest(ours=[outcome(1.0)], stock=[outcome(1.0, lost=9)]), Plan()))
    assert [line for line in table.splitlines() if line.startswith("stock") and " 9 " in line]


def test_the_plot_shows_each_contender_but_the_floor_as_a_bar() -> None:
    drawn = plot.svg(rows(contest(raw=[outcome(9_000.0)], ours=[outcome(3_000.0)], stock=[outcome(100.0)])))
    widths = [float(width) for width in re.findall(r'<rect [^>]*width="([\d.]+)"', drawn)]
    assert len(widths) == 2 * 2
    assert widths[0] == pytest.approx(30 * widths[1], rel=0.02)
    assert "9,000" in drawn


def test_the_report_for_a_program_has_each_turn_the_medians_and_the_goals() -> None:
    lines = list(as_json(contest(ours=[outcome(1.0), outcome(2.0)], raw=[outcome(10.0)])))
    assert len(lines) == 3 + 2 + 1
    assert "latencies" not in lines[0]
