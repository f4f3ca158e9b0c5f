"""A day's run is paused, taken up again, or ended for that day: between two of its steps, so that nothing is left half done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from chat.models import RetentionRun
from chat.retention.changing import RIGHT
from security.audit import Action, record
from security.errors import Conflict, NotFound
from security.permissions import Grant, require, require_member


@transaction.atomic
def pause_run(*, grant: Grant, run: UUID, now: datetime) -> None:
    """No worker goes on with it. NotFound, Conflict("run_moved")."""
    _move(grant, run, "paused", before={"halted_at": None}, after={"halted_at": now})


@transaction.atomic
def resume_run(*, grant: Grant, run: UUID) -> None:
    """The next hour's worker goes on. NotFound, Conflict("run_moved")."""
    _move(grant, run, "resumed", before={"halted_at__isnull": False}, after={"halted_at": None})


@transaction.atomic
def cancel_run(*, grant: Grant, run: UUID, now: datetime) -> None:
    """It is over for that day; what is left comes with the next day's. NotFound, Conflict("run_moved")."""
    _move(grant, run, "cancelled", before={}, after={"cancelled_at": now, "finished_at": now, "halted_at": None})


def _move(grant: Grant, run: UUID, how: str, *, before: dict[str, object], after: dict[str, object]) -> None:
    require(grant, RIGHT)
    require_member(grant)
    row = RetentionRun.objects.filter(public_id=run).first()
    if row is None:
        raise NotFound
    if not RetentionRun.objects.filter(pk=row.pk, finished_at=None, **before).update(**after):
        raise Conflict("run_moved")
    record(Action.RETENTION_RUN_MOVED, on=row, day=row.day, how=how)
