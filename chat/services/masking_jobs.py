"""Work on stored messages that masking asks for: begun, moved on step by step, paused, taken up again after whatever happened.

Danger: half of the work done twice or not at all, or two workers at once. Rule: a step is one transaction that holds the job's row, does some work
and writes down how far it came; a worker that is gone loses its lease, and beat gives the job to another. Proof: tests/chat/test_masking_jobs.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from chat.models import UNFINISHED, Conversation, JobKind, JobStatus, MaskingJob, Visitor
from chat.services import masking_trial, remasking
from security.audit import Action, record
from security.errors import Conflict, NotFound
from security.permissions import Grant, Permission, require
from tenants.models import MaskingDraft
from tenants.policies import current_masking

RIGHT: Final = Permission.CONFIGURATION_MASKING
LEASE: Final = timedelta(minutes=2)
STEP: Final = 0.25
"""Seconds after which a step ends: conversations that it has changed stay locked until then."""

_STEPS: Final[dict[str, Callable[[MaskingJob, datetime, float], None]]] = {
    JobKind.TRIAL.value: masking_trial.step,
    JobKind.REMASK_TRIAL.value: remasking.step,
    JobKind.REMASK.value: remasking.step,
}

_BEGUN: Final = {
    JobKind.TRIAL: Action.MASKING_TRIAL_BEGUN,
    JobKind.REMASK_TRIAL: Action.MASKING_REMASK_TRIAL_BEGUN,
    JobKind.REMASK: Action.MASKING_REMASK_BEGUN,
}


def begin(*, grant: Grant, kind: JobKind, now: datetime) -> MaskingJob:
    """Begin a job in the name of a member. Conflict("job_running") where one of its kind is not finished."""
    require(grant, RIGHT)
    return begin_job(kind=kind, now=now, begun_by=grant.membership_id)


@transaction.atomic
def begin_job(*, kind: JobKind, now: datetime, begun_by: int | None = None) -> MaskingJob:
    """As `begin`, for a command. A trial of the draft takes the place of one that is not finished: its rules may be others by now."""
    if kind is JobKind.TRIAL:
        unfinished = MaskingJob.objects.filter(kind=kind.value, status__in=UNFINISHED)
        unfinished.update(status=JobStatus.CANCELLED.value, finished_at=now)
    job = MaskingJob(kind=kind.value, begun_by_id=begun_by, created_at=now, moved_at=now, rules=_rules(kind))
    job.total = (
        masking_trial.LATEST if kind is JobKind.TRIAL else Conversation.objects.count() + Visitor.objects.count()
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        raise Conflict("job_running") from None
    record(_BEGUN[kind], on=job, rules=job.rules)  # here, in the name of who began it: a worker ends it in nobody's
    return job


def _rules(kind: JobKind) -> int:
    if kind is JobKind.TRIAL:
        return MaskingDraft.objects.values_list("revision", flat=True).first() or 0
    return current_masking().version


@transaction.atomic
def begin_or_take_over(*, kind: JobKind, now: datetime) -> MaskingJob:
    """For a command: the unfinished job of this kind, whoever had it, or a new one. Conflict("job_paused") for one that somebody halted.

    Whoever had it and is alive after all stops at its next step; each step is done once.
    """
    row = MaskingJob.objects.select_for_update(of=("self",)).filter(kind=kind.value, status__in=UNFINISHED).first()
    if row is None:
        return begin_job(kind=kind, now=now)
    if row.status == JobStatus.PAUSED.value:
        raise Conflict("job_paused")
    row.leased_by = row.leased_until = None
    row.save(update_fields=["leased_by", "leased_until"])
    return row


@transaction.atomic
def advance(*, job: UUID, worker: UUID, now: datetime, budget: float = STEP) -> bool:
    """One step; whether this worker shall go on. Does nothing where another works on it, or it is not running."""
    running = MaskingJob.objects.filter(public_id=job, status=JobStatus.RUNNING.value)
    mine = Q(leased_by=None) | Q(leased_by=worker) | Q(leased_until__lte=now)
    row = running.filter(mine).select_for_update(skip_locked=True, of=("self",)).first()
    if row is None:
        return False
    row.leased_by, row.leased_until, row.moved_at = worker, now + LEASE, now
    _STEPS[row.kind](row, now, budget)
    if row.status != JobStatus.RUNNING.value:
        row.finished_at = now
    row.save()
    return row.status == JobStatus.RUNNING.value


def pause(*, grant: Grant, job: UUID, now: datetime) -> MaskingJob:
    """Stop after the step that is being done."""
    return _move(grant, job, now, JobStatus.PAUSED, JobStatus.RUNNING)


def resume(*, grant: Grant, job: UUID, now: datetime) -> MaskingJob:
    """Go on where it stopped."""
    return _move(grant, job, now, JobStatus.RUNNING, JobStatus.PAUSED)


def cancel(*, grant: Grant, job: UUID, now: datetime) -> MaskingJob:
    """End it for good; what was masked stays masked."""
    return _move(grant, job, now, JobStatus.CANCELLED, JobStatus.RUNNING, JobStatus.PAUSED)


@transaction.atomic
def _move(grant: Grant, job: UUID, now: datetime, to: JobStatus, *of: JobStatus) -> MaskingJob:
    require(grant, RIGHT)
    row = MaskingJob.objects.select_for_update(of=("self",)).filter(public_id=job).first()
    if row is None:
        raise NotFound
    if row.status not in [status.value for status in of]:
        raise Conflict("job_moved")
    row.status, row.moved_at, row.leased_by, row.leased_until = to.value, now, None, None
    row.finished_at = now if to is JobStatus.CANCELLED else None
    row.save(update_fields=["status", "moved_at", "leased_by", "leased_until", "finished_at"])
    record(Action.MASKING_REMASK_MOVED, on=row, to=to.value)
    return row


def access_job(*, grant: Grant, job: UUID) -> MaskingJob:
    """The job, to be looked at."""
    require(grant, RIGHT)
    return job_of(job)


def job_of(job: UUID) -> MaskingJob:
    """As `access_job`, for a command."""
    found = MaskingJob.objects.filter(public_id=job).first()
    if found is None:
        raise NotFound
    return found


def latest(kind: JobKind) -> MaskingJob | None:
    """The job of this kind that was begun last."""
    return MaskingJob.objects.filter(kind=kind.value).order_by("-created_at", "-pk").first()


def abandoned(*, now: datetime) -> list[UUID]:
    """Running jobs that nobody works on: their worker is gone, or the broker forgot them."""
    running = MaskingJob.objects.filter(status=JobStatus.RUNNING.value)
    idle = running.filter(Q(leased_until=None, moved_at__lte=now - LEASE) | Q(leased_until__lte=now))
    return list(idle.values_list("public_id", flat=True))
