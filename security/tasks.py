"""What workers do for people's mails. The tasks open the scopes that they need; a mail that two workers are given is sent by one."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from security.accounts import outbox
from security.accounts.outbox import Queued
from security.context import Actor, ActorKind, acting
from security.scoping import tenant_ids, tenant_scope

SWEEP_EVERY = timedelta(minutes=1)


@shared_task(name="security.deliver_mail")
def deliver_mail(tenant_id: int, mail: int) -> None:
    """Send one mail that is due."""
    outbox.deliver(Queued(tenant_id, mail), now=timezone.now())


@shared_task(name="security.sweep_mail")
def sweep_mail() -> None:
    """Queue what is due, of all tenants and of the platform; give up what waited for too long."""
    for tenant_id in tenant_ids():
        with acting(actor=Actor(ActorKind.JOB, name="security.sweep_mail")), tenant_scope(tenant_id):
            due = outbox.sweep(now=timezone.now())
        for queued in due:
            deliver_mail.delay(queued.tenant_id, queued.pk)


SCHEDULE = {
    "sweep-mail": {
        "task": sweep_mail.name,
        "schedule": SWEEP_EVERY,
        "options": {"expires": SWEEP_EVERY.total_seconds()},
    },
}
"""For `chatplatform.beat`."""
