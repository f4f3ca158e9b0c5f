"""A longer term holds at once, a shorter one after a week by PostgreSQL's clock; what waits is taken back, or replaced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import Error

from security.audit import Action, record
from security.audit.term import Waiting, keep_for, keep_undone, term_in_force, waiting_term
from security.scoping import tenant_scope
from tests.security.audit.conftest import ACME, RIVAL, Tamper


@pytest.fixture(autouse=True)
def _a_trail(committed_db: None) -> None:
    with tenant_scope(ACME):
        record(Action.TENANT_CREATED)


def a_week_passes(tamper: Tamper) -> None:
    tamper("UPDATE security_auditterm SET due_at = due_at - interval '7 days', asked_at = asked_at - interval '7 days'")


def asked(months: int | None, days: int = 7) -> datetime:
    with tenant_scope(ACME):
        return keep_for(months, days=days)


def in_force(tenant_id: int = ACME) -> tuple[int | None, int | None]:
    """What holds, and what waits; 0 for nothing."""
    with tenant_scope(tenant_id):
        waits = waiting_term()
        return term_in_force(), 0 if waits is None else waits.months


def test_a_trail_is_kept_for_ever_till_a_week_after_somebody_asked(tamper: Tamper) -> None:
    assert in_force() == (None, 0)
    due_at = asked(12)
    assert timedelta(days=6, hours=23) < due_at - datetime.now(UTC) <= timedelta(days=7)
    assert in_force() == (None, 12)
    with tenant_scope(ACME):
        assert waiting_term() == Waiting(12, due_at)
    a_week_passes(tamper)
    assert in_force() == (12, 0)
    assert in_force(RIVAL) == (None, 0)


def test_a_longer_term_holds_at_once(tamper: Tamper) -> None:
    asked(12)
    a_week_passes(tamper)
    asked(24)
    assert in_force() == (24, 0)
    asked(None)
    assert in_force() == (None, 0)


def test_what_waits_is_taken_back(tamper: Tamper) -> None:
    asked(12)
    with tenant_scope(ACME):
        assert keep_undone()
        assert not keep_undone()
    a_week_passes(tamper)
    assert in_force() == (None, 0)


def test_who_asks_again_waits_again_and_for_the_last_alone(tamper: Tamper) -> None:
    asked(12)
    asked(18)
    assert in_force() == (None, 18)
    a_week_passes(tamper)
    assert in_force() == (18, 0)


@pytest.mark.parametrize(("days", "wanted"), [(30, 30), (1, 7), (-400, 7)])
def test_nobody_waits_less_than_a_week(days: int, wanted: int) -> None:
    assert round((asked(12, days) - datetime.now(UTC)) / timedelta(days=1)) == wanted


@pytest.mark.parametrize("months", [0, 11, 241])
def test_a_term_is_a_year_at_least(months: int) -> None:
    with pytest.raises(Error, match="12 to 240"):
        asked(months)
