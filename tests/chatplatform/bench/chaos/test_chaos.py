"""A short storm over a real installation: nothing is lost, and a run without one of the safeguards finds that something is.

The full one is `manage.py bench chaos --full`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chatplatform.bench.chaos.judge import Faults
from chatplatform.bench.chaos.plan import SAFEGUARDS, SHORT
from chatplatform.bench.chaos.run import rehearse, rehearse_without
from tests.services.clusters import start_migrated


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "bench"


def test_nothing_is_lost_while_processes_are_killed(base: Path) -> None:
    outcome = rehearse(SHORT, base=base, start=start_migrated)
    assert outcome.passed, outcome
    assert outcome.acked > 200
    assert outcome.killed.keys() >= {"web", "postgres"}
    assert outcome.reconnects > 0


def test_without_a_safeguard_it_is_noticed(base: Path) -> None:
    outcomes = rehearse_without(SAFEGUARDS, base=base, start=start_migrated)
    assert outcomes.keys() == SAFEGUARDS.keys()
    assert outcomes["ack-after-commit"].faults.lost > 0, outcomes
    assert outcomes["durable-commit"].faults.lost > 0, outcomes
    assert outcomes["idempotency-key"].faults.doubled > 0, outcomes
    assert not any(outcome.passed for outcome in outcomes.values())


def test_no_faults_are_no_fault() -> None:
    assert not Faults(lost=0, doubled=0, disordered=0, gaps=0, foreign=0, unconverged=0, told=0)
