"""A day's work is done once: doubled, killed or given to two workers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from chat.models import RetentionRun
from chat.retention import days
from chat.retention.run import Found
from security.models import AuditEvent
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation

from .talks import NOW, archived, closed, live

ONE, TWO = uuid4(), uuid4()


def work(
    of: Organisation, archive: Folder, *, worker: UUID = ONE, now: datetime = NOW, at: datetime = NOW
) -> Found | None:
    return days.run_day(of.tenant_id, now, worker=worker, store=archive, clock=lambda: at)


def test_the_second_time_that_day_nothing_is_done(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Hello")
    assert work(acme, archive) == Found(archived=1)
    late = closed(acme, "It came a moment too late")
    assert work(acme, archive) is None
    assert set(live(acme)) == {late}
    with tenant_scope(acme.tenant_id):
        nothing = {"purged": 0, "held": 0, "failed": 0, "sent": 0, "visitors": 0}
        assert RetentionRun.objects.get().found == {"archived": 1, **nothing}
        assert AuditEvent.objects.filter(action="retention.run").count() == 1


class Slow:
    """The first time that conversations are counted, PostgreSQL gives it up as it does what takes too long."""

    def __init__(self) -> None:
        self.counted = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith("SELECT COUNT") and '"chat_conversation"' in sql:
            self.counted += 1
            if self.counted == 1:
                execute("SELECT set_config('statement_timeout', '1ms', true)", None, False, context)
                execute("SELECT pg_sleep(60)", None, False, context)
        return execute(sql, params, many, context)


def test_what_takes_too_long_to_count_is_done_without_a_count(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Hello")
    slow = Slow()
    with connection.execute_wrapper(slow):
        assert work(acme, archive) == Found(archived=1)
    assert slow.counted
    with tenant_scope(acme.tenant_id):
        assert RetentionRun.objects.get().total is None


def test_what_was_counted_once_that_day_is_not_counted_again(acme: Organisation, archive: Folder) -> None:
    """Nothing was due in the morning; what comes in the course of the day does not change that."""
    closed(acme, "Hello")
    with tenant_scope(acme.tenant_id):
        RetentionRun.objects.create(day=NOW.date(), total=0)
    assert work(acme, archive) == Found(archived=1)
    with tenant_scope(acme.tenant_id):
        assert RetentionRun.objects.get().total == 0


def test_the_next_day_begins_where_the_organisation_is(acme: Organisation, archive: Folder) -> None:
    evening = NOW.replace(hour=22, minute=59)  # 23:59 in Vienna
    work(acme, archive, now=evening)
    late = closed(acme, "Hello")
    assert work(acme, archive, now=evening) is None
    assert work(acme, archive, now=evening + timedelta(minutes=1)) == Found(archived=1)
    assert late in archived(acme, archive)


def test_a_second_worker_leaves_the_day_to_the_first_while_that_one_lives(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Hello")
    with tenant_scope(acme.tenant_id):
        RetentionRun.objects.create(day=NOW.date(), leased_by=ONE, leased_until=NOW + timedelta(minutes=1))
    assert work(acme, archive, worker=TWO) is None
    assert work(acme, archive, worker=TWO, at=NOW + timedelta(minutes=1)) == Found(archived=1)


def test_who_lost_the_day_stops_and_does_not_finish_it(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Hello")
    asked = []

    def clock() -> datetime:
        """The other worker takes over while the first one is at its third step."""
        asked.append(NOW)
        if len(asked) == 4:
            with tenant_scope(acme.tenant_id):
                RetentionRun.objects.update(leased_by=TWO)
        return NOW

    found = days.run_day(acme.tenant_id, NOW, worker=ONE, store=archive, clock=clock)
    assert found == Found()
    with tenant_scope(acme.tenant_id):
        assert RetentionRun.objects.get().finished_at is None
    assert work(acme, archive, worker=TWO) == Found(archived=1)


def test_a_day_with_a_chunk_that_waits_stays_open_for_the_next_hour(acme: Organisation, tmp_path: Path) -> None:
    old = closed(acme, "Hello")
    (tmp_path / "file").write_text("in the way")
    assert work(acme, Folder(tmp_path / "file")) == Found()
    with tenant_scope(acme.tenant_id):
        row = RetentionRun.objects.get()
        assert (row.finished_at, row.leased_by) == (None, None)
    later = NOW + timedelta(hours=1)
    assert work(acme, Folder(tmp_path / "archive"), worker=TWO, now=later, at=later) == Found(archived=1)
    assert old not in live(acme)
    assert work(acme, Folder(tmp_path / "archive"), now=later, at=later) is None
