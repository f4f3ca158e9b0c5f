"""What beat does for conversations; each is idempotent and finds its work in the database."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from time import monotonic
from uuid import UUID, uuid4

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from chat.retention import closing, days, exporting
from chat.retention.run import run
from chat.retention.servers import sending
from chat.retention.stores import store
from chat.retention.visitors import copying
from chat.services import assignment, blocking, lifecycle, masking_jobs, presence, usage, visitors
from chat.services.due import tenants_with_chat
from security.context import Actor, ActorKind, acting
from security.scoping import require_tenant_id, tenant_scope
from tenants.tasks import for_each_tenant, tenant_task

logger = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(seconds=15)
CLOSE_EVERY = timedelta(minutes=5)
RESUME_EVERY = timedelta(minutes=2)
COUNT_EVERY = timedelta(hours=1)
RETENTION_EVERY = timedelta(hours=1)
EXPORTS_EVERY = timedelta(minutes=10)
SEND_EVERY = timedelta(minutes=1)
RUN_FOR = timedelta(minutes=5)


@tenant_task("chat.sweep_queue")
def sweep_queue() -> None:
    """Offers nobody answered and conversations whose agent is gone go back to the queue."""
    now = timezone.now()
    moved = [*assignment.return_expired_offers(now=now), *assignment.return_stranded(now=now)]
    if moved:
        logger.info("Returned %s conversations to the queue", len(moved))


@tenant_task("chat.close_idle")
def close_idle() -> None:
    """Conversations without a message for the tenant's time are closed; what has run out is swept."""
    now = timezone.now()
    closed = lifecycle.close_idle(now=now)
    presence.sweep_presence(now=now)
    visitors.sweep_tokens(now=now)
    blocking.sweep_blocks(now=now)
    if closed:
        logger.info("Closed %s idle conversations", len(closed))


@tenant_task("chat.count_usage")
def count_usage() -> None:
    """What the tenant uses, for its plan and for operators."""
    usage.count_usage(now=timezone.now())


@shared_task(name="chat.count_usage_everywhere")
def count_usage_everywhere() -> None:
    for_each_tenant(count_usage)


@shared_task(name="chat.run_masking_job")
def run_masking_job(tenant_id: int, job: str, worker: str | None = None) -> None:
    """Step by step, each in a transaction of its own; after some minutes the rest is queued, so that other tasks have their turn."""
    worker, until = worker or str(uuid4()), monotonic() + RUN_FOR.total_seconds()
    with acting(actor=Actor(ActorKind.JOB, name=run_masking_job.name)):
        while _advance(tenant_id, UUID(job), UUID(worker)):
            if monotonic() >= until:
                run_masking_job.delay(tenant_id, job, worker)
                return


def _advance(tenant_id: int, job: UUID, worker: UUID) -> bool:
    with tenant_scope(tenant_id):
        return masking_jobs.advance(job=job, worker=worker, now=timezone.now())


@tenant_task("chat.resume_masking_jobs")
def resume_masking_jobs() -> None:
    """Jobs whose worker is gone, or that the broker forgot, are given to another."""
    for job in masking_jobs.abandoned(now=timezone.now()):
        transaction.on_commit(partial(run_masking_job.delay, require_tenant_id(), str(job)))


@shared_task(name="chat.resume_masking_jobs_everywhere")
def resume_masking_jobs_everywhere() -> None:
    for_each_tenant(resume_masking_jobs, tenants_with_chat("masking"))


@shared_task(name="chat.sweep_queues")
def sweep_queues() -> None:
    for_each_tenant(sweep_queue, tenants_with_chat("open"))


@shared_task(name="chat.close_idle_everywhere")
def close_idle_everywhere() -> None:
    for_each_tenant(close_idle)


@shared_task(name="chat.keep_retention")
def keep_retention(tenant_id: int) -> None:
    """The day's retention of one tenant, each step in a scope of its own; and erasures that were not copied, on a day that is done too."""
    with acting(actor=Actor(ActorKind.JOB, name=keep_retention.name)):
        days.run_day(tenant_id, timezone.now(), worker=uuid4(), store=store(), clock=timezone.now)
        copying.copy_erasures(tenant_id, store(), now=timezone.now())


@shared_task(name="chat.copy_erasures")
def copy_erasures(tenant_id: int) -> None:
    """Beside the archive, as soon as somebody was erased; where the broker is away the hour's retention does it."""
    with acting(actor=Actor(ActorKind.JOB, name=copy_erasures.name)):
        copying.copy_erasures(tenant_id, store(), now=timezone.now())


@shared_task(name="chat.send_transcripts")
def send_transcripts(tenant_id: int) -> None:
    """What goes to an organisation's own server when it is closed, and what is to be tried once more; each step in a scope of its own."""
    now = timezone.now()
    with tenant_scope(tenant_id):
        if not sending.has_work(now=now):
            return
    with acting(actor=Actor(ActorKind.JOB, name=send_transcripts.name)):
        run(tenant_id, now, store=store(), only_at_close=True)


@shared_task(name="chat.send_transcripts_everywhere")
def send_transcripts_everywhere() -> None:
    for_each_tenant(send_transcripts, tenants_with_chat("own server"))


@shared_task(name="chat.export_organisation")
def export_organisation(tenant_id: int, export: str) -> None:
    """Part by part, each noted in a scope of its own; cancelled between two of them."""
    with acting(actor=Actor(ActorKind.JOB, name=export_organisation.name)):
        exporting.carry_out(tenant_id, UUID(export), store=store(), clock=timezone.now)


@shared_task(name="chat.keep_exports")
def keep_exports(tenant_id: int) -> None:
    """Those that a worker left are given to another, and what is over is taken away."""
    with tenant_scope(tenant_id):
        waiting = exporting.running()
    for export in waiting:
        export_organisation.delay(tenant_id, str(export))
    exporting.sweep_exports(tenant_id, store=store(), now=timezone.now())


@shared_task(name="chat.keep_exports_everywhere")
def keep_exports_everywhere() -> None:
    for_each_tenant(keep_exports, tenants_with_chat("export"))


@shared_task(name="chat.close_account")
def close_account(tenant_id: int) -> None:
    """What an owner announced: step by step, each in a scope of its own."""
    with acting(actor=Actor(ActorKind.JOB, name=close_account.name)):
        closing.close(tenant_id, store=store(), now=timezone.now())


@shared_task(name="chat.close_accounts")
def close_accounts() -> None:
    for_each_tenant(close_account, tenants_with_chat("closing"))


@shared_task(name="chat.sweep_retention")
def sweep_retention() -> None:
    """Each hour for everybody: where a day has begun, and where it was not finished."""
    for_each_tenant(keep_retention)


SCHEDULE = {
    "count-usage": {
        "task": count_usage_everywhere.name,
        "schedule": COUNT_EVERY,
        "options": {"expires": COUNT_EVERY.total_seconds()},
    },
    "sweep-queues": {
        "task": sweep_queues.name,
        "schedule": SWEEP_EVERY,
        "options": {"expires": SWEEP_EVERY.total_seconds()},
    },
    "close-idle": {
        "task": close_idle_everywhere.name,
        "schedule": CLOSE_EVERY,
        "options": {"expires": CLOSE_EVERY.total_seconds()},
    },
    "sweep-retention": {
        "task": sweep_retention.name,
        "schedule": RETENTION_EVERY,
        "options": {"expires": RETENTION_EVERY.total_seconds()},
    },
    "send-transcripts": {
        "task": send_transcripts_everywhere.name,
        "schedule": SEND_EVERY,
        "options": {"expires": SEND_EVERY.total_seconds()},
    },
    "keep-exports": {
        "task": keep_exports_everywhere.name,
        "schedule": EXPORTS_EVERY,
        "options": {"expires": EXPORTS_EVERY.total_seconds()},
    },
    "close-accounts": {
        "task": close_accounts.name,
        "schedule": RETENTION_EVERY,
        "options": {"expires": RETENTION_EVERY.total_seconds()},
    },
    "resume-masking-jobs": {
        "task": resume_masking_jobs_everywhere.name,
        "schedule": RESUME_EVERY,
        "options": {"expires": RESUME_EVERY.total_seconds()},
    },
}
"""For `chatplatform.celery`; a run that could not start before the next one is dropped."""
