"""What beat does for conversations; each is idempotent and finds its work in the database."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from chat.services import assignment, lifecycle, presence, visitors
from tenants.tasks import for_each_tenant, tenant_task

logger = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(seconds=15)
CLOSE_EVERY = timedelta(minutes=5)


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
    if closed:
        logger.info("Closed %s idle conversations", len(closed))


@shared_task(name="chat.sweep_queues")
def sweep_queues() -> None:
    for_each_tenant(sweep_queue)


@shared_task(name="chat.close_idle_everywhere")
def close_idle_everywhere() -> None:
    for_each_tenant(close_idle)


SCHEDULE = {
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
}
"""For `chatplatform.celery`; a run that could not start before the next one is dropped."""
