"""A day's run is paused, resumed and ended early, between two of its steps, by who sets the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import pytest

from chat.models import RetentionRun
from chat.retention.days import run_day
from chat.retention.halting import cancel_run, pause_run, resume_run
from chat.retention.work import Found
from security.errors import Conflict, Denied, NotFound
from security.models import AuditEvent
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation

from .talks import NOW, closed, live


def days_work(of: Organisation, store: Folder) -> Found | None:
    return run_day(of.tenant_id, NOW, worker=uuid4(), store=store, clock=lambda: NOW)


class Interrupted(Folder):
    """Where somebody moves the run as the first object is written."""

    act: ClassVar[Callable[[], None]]

    def write(self, name: str, data: bytes) -> None:
        super().write(name, data)
        type(self).act()


def interrupted(of: Organisation, archive: Folder, act: str) -> Folder:
    Interrupted.act = staticmethod(lambda: move(of, act))
    return Interrupted(archive.base)


def move(of: Organisation, act: str, who: str = "olga", run: UUID | None = None) -> None:
    grant = of.grant(who)
    with tenant_scope(of.tenant_id):
        found = run or RetentionRun.objects.get().public_id
        if act == "resume":
            resume_run(grant=grant, run=found)
        else:
            {"pause": pause_run, "cancel": cancel_run}[act](grant=grant, run=found, now=NOW)


def row(of: Organisation) -> RetentionRun:
    with tenant_scope(of.tenant_id):
        return RetentionRun.objects.get()


def test_paused_it_stops_after_its_step_and_resumed_it_goes_on(acme: Organisation, archive: Folder) -> None:
    old = closed(acme, "Where is my kettle?")
    days_work(acme, interrupted(acme, archive, "pause"))
    assert live(acme) == {old: ["Where is my kettle?"]}
    assert (row(acme).finished_at, row(acme).total) == (None, 1)
    assert days_work(acme, archive) is None
    with pytest.raises(Conflict, match="run_moved"):
        move(acme, "pause")
    move(acme, "resume")
    assert days_work(acme, archive) == Found(archived=1)
    assert live(acme) == {}
    with tenant_scope(acme.tenant_id):
        assert AuditEvent.objects.filter(action="retention.run_moved").count() == 2


def test_ended_it_is_over_for_that_day(acme: Organisation, archive: Folder) -> None:
    old = closed(acme, "Where is my kettle?")
    days_work(acme, interrupted(acme, archive, "cancel"))
    assert days_work(acme, archive) is None
    assert (row(acme).finished_at, row(acme).cancelled_at, row(acme).leased_by) == (NOW, NOW, None)
    assert live(acme) == {old: ["Where is my kettle?"]}
    for act in ("pause", "resume", "cancel"):
        with pytest.raises(Conflict, match="run_moved"):
            move(acme, act)


def test_ended_with_nothing_on_its_way_it_is_not_written_down_as_done(acme: Organisation, archive: Folder) -> None:
    old, olga = closed(acme, "Where is my kettle?"), acme.grant("olga")

    def clock() -> datetime:
        """It is ended as its worker is about to take its first step, which asks for the time within a scope."""
        for leased in RetentionRun.objects.exclude(leased_by=None).filter(cancelled_at=None):
            cancel_run(grant=olga, run=leased.public_id, now=NOW)
        return NOW + timedelta(minutes=1)

    assert run_day(acme.tenant_id, NOW, worker=uuid4(), store=archive, clock=clock) == Found()
    assert (row(acme).finished_at, row(acme).cancelled_at, row(acme).leased_by) == (NOW, NOW, None)
    assert live(acme) == {old: ["Where is my kettle?"]}
    with tenant_scope(acme.tenant_id):
        assert not AuditEvent.objects.filter(action="retention.run").exists()


def test_nobody_else_moves_it(acme: Organisation, rival: Organisation, archive: Folder) -> None:
    with tenant_scope(acme.tenant_id):
        run = RetentionRun.objects.create(day=NOW.date()).public_id
    for act in ("pause", "resume", "cancel"):
        with pytest.raises(Denied):
            move(acme, act, who="sam")
        with pytest.raises(NotFound):
            move(rival, act, who="mallory", run=run)
