"""Verifying a chain that is too long for a page: begun by a member, followed by a worker, watched meanwhile.

What is followed cannot be written down in the middle, so a worker that is gone leaves a check that another one begins anew. While one is at
work it says so every few seconds, and no other begins.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from security.audit import Action, record
from security.audit.verify import verify_tenant
from security.errors import Conflict, NotFound
from security.models import AuditHead
from security.permissions import Grant, Permission, require
from security.scoping import tenant_scope
from tenants.models import CheckStatus, TrailCheck
from tenants.services.audit.proof import record_report

PAGE: Final = 1_000
SAID_EVERY: Final = 5
"""Pages after which the check says how far it came."""
SILENT_FOR: Final = timedelta(minutes=3)
_RUNNING: Final = CheckStatus.RUNNING.value


@transaction.atomic
def begin_check(*, grant: Grant, now: datetime) -> TrailCheck:
    """Begin to follow the whole chain; Conflict("job_running") where that goes on already."""
    require(grant, Permission.AUDIT_VERIFY)
    head = AuditHead.objects.first()
    row = TrailCheck(
        asked_by_id=grant.membership_id, created_at=now, moved_at=now, total=0 if head is None else head.seq
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict("job_running") from None
    record(Action.AUDIT_CHECK_BEGUN, on=row, entries=row.total)
    return row


def run_check(tenant_id: int, check: UUID, *, worker: UUID, now: datetime) -> bool:
    """Follow the chain and leave the event of what was found; False where another worker is at it, or it is done. Opens scopes of its own."""
    with tenant_scope(tenant_id):
        if not _claim(check, worker, now):
            return False

    def say(seq: int) -> None:
        TrailCheck.objects.filter(public_id=check, worker=worker).update(done=seq, moved_at=datetime.now(now.tzinfo))

    report = verify_tenant(tenant_id, page=PAGE, tell=say, tell_every=PAGE * SAID_EVERY)
    with tenant_scope(tenant_id):
        mine = TrailCheck.objects.filter(public_id=check, worker=worker, status=_RUNNING)
        if mine.update(status=CheckStatus.DONE.value, done=report.entries):
            record_report(report, by_worker=True)
    return True


def running_check(*, grant: Grant) -> TrailCheck | None:
    """The one that goes on, if any."""
    require(grant, Permission.AUDIT_READ)
    return TrailCheck.objects.filter(status=_RUNNING).first()


def access_check(*, grant: Grant, check: UUID) -> TrailCheck:
    """The check, to be looked at."""
    require(grant, Permission.AUDIT_READ)
    found = TrailCheck.objects.filter(public_id=check).first()
    if found is None:
        raise NotFound
    return found


def abandoned_checks(*, now: datetime) -> list[UUID]:
    """Those of the tenant in scope whose worker has been silent for too long."""
    silent = TrailCheck.objects.filter(status=_RUNNING, moved_at__lte=now - SILENT_FOR)
    return list(silent.values_list("public_id", flat=True))


def _claim(check: UUID, worker: UUID, now: datetime) -> bool:
    row = TrailCheck.objects.select_for_update().filter(public_id=check, status=_RUNNING).first()
    if row is None or (row.worker not in {None, worker} and row.moved_at > now - SILENT_FOR):
        return False
    row.worker, row.moved_at, row.done = worker, now, 0
    row.save(update_fields=["worker", "moved_at", "done"])
    return True
