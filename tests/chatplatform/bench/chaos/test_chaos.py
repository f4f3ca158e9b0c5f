"""A short storm over a real installation: nothing is lost, and a run without one of the safeguards finds that something is.

The full one is `manage.py bench chaos --full`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chatplatform.bench.chaos.judge import Faults
from chatplatform.bench.chaos.run import SHORT, Outcome, rehearse, without
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


def lost(outcome: Outcome) -> int:
    return outcome.faults.lost


def doubled(outcome: Outcome) -> int:
    return outcome.faults.doubled


@pytest.mark.parametrize(
    ("safeguard", "wrong"),
    [("durable-commit", lost), ("ack-after-commit", lost), ("idempotency-key", doubled)],
    ids=["durable-commit", "ack-after-commit", "idempotency-key"],
)
def test_without_a_safeguard_it_is_noticed(base: Path, safeguard: str, wrong: object) -> None:
    outcome = rehearse(without(safeguard), base=base, start=start_migrated)
    assert callable(wrong)
    assert wrong(outcome) > 0, outcome
    assert not outcome.passed


def test_no_faults_are_no_fault() -> None:
    assert not Faults(lost=0, doubled=0, disordered=0, gaps=0, foreign=0, unconverged=0, told=0)
