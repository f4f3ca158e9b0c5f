"""A day's retention, once a day in the organisation's time zone, whatever is doubled or killed.

The row of the day says what was done and who is at it; a worker that is gone loses its lease, and the next one goes on. Proof:
tests/chat/retention/test_days.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q

from chat.models import ArchiveChunk, ChunkState, RetentionRun
from chat.retention.changing import take_up
from chat.retention.preview import effect
from chat.retention.rules import zone_of_tenant
from chat.retention.run import run
from chat.retention.stores import Store
from chat.retention.visitors.ending import forget_left_behind
from chat.retention.work import Found
from security.audit import Action, record
from security.scoping import require_tenant_id, tenant_scope

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=10)
"""Longer than the longest step: one object of the archive, written, read again, or deleted from the primary store."""


def run_day(
    tenant_id: int, now: datetime, *, worker: UUID, store: Store, clock: Callable[[], datetime]
) -> Found | None:
    """Do the work of this tenant's day `now`, or what is left of it. None where it is done, or another worker is at it.

    `clock` is the real time, for the lease; `now` may be another, as a command has it.
    """
    with tenant_scope(tenant_id):
        day = now.astimezone(zone_of_tenant()).date()
        RetentionRun.objects.get_or_create(day=day, defaults={"begun_at": clock()})

    def is_mine() -> bool:
        with tenant_scope(tenant_id):
            return _lease(day, worker, clock())

    if not is_mine():
        return None
    with tenant_scope(tenant_id):
        take_up(now=now)
        _count(day, now)
    found = run(tenant_id, now, store=store, goes_on=is_mine)
    found.visitors = forget_left_behind(tenant_id, now, goes_on=is_mine)
    with tenant_scope(tenant_id):
        _finish(day, worker, found, clock())
    return found


def _count(day: date, now: datetime) -> None:
    """How much is due, for who looks on; the work does not depend on it, so what takes too long to count is not counted."""
    uncounted = RetentionRun.objects.filter(day=day, total=None)
    if not uncounted.exists():
        return
    try:
        with transaction.atomic():
            uncounted.update(total=effect(now).leaving)
    except OperationalError as error:
        logger.warning("What is due was not counted: %s; tenant=%s", type(error).__name__, require_tenant_id())


def _lease(day: date, worker: UUID, at: datetime) -> bool:
    unfinished = RetentionRun.objects.filter(day=day, finished_at=None, halted_at=None)
    free = Q(leased_by=None) | Q(leased_by=worker) | Q(leased_until__lte=at)
    return bool(unfinished.filter(free).update(leased_by=worker, leased_until=at + LEASE))


def _finish(day: date, worker: UUID, found: Found, at: datetime) -> None:
    """Counts of runs that stopped are added up; what a killed one had counted stands in the trail alone.

    A day on which a chunk waits to be tried again stays open, for the next hour's run; whoever lost the lease leaves the day to who has it, and a
    day that somebody ended meanwhile stays as he ended it.
    """
    row = RetentionRun.objects.select_for_update().get(day=day)
    for name, count in asdict(found).items():
        row.found[name] = count if name == "held" else row.found.get(name, 0) + count
    if row.leased_by == worker:
        row.leased_by = row.leased_until = None
        is_open = row.halted_at is None and row.cancelled_at is None
        if is_open and not ArchiveChunk.objects.exclude(state=ChunkState.DELETED.value).exists():
            row.finished_at = at
            record(Action.RETENTION_RUN, on=row, **row.found)
    row.save(update_fields=["found", "finished_at", "leased_by", "leased_until"])
