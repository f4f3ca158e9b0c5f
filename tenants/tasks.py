"""Celery tasks inside a tenant's scope: ids travel, never contents; each task may run twice and is leased.

`tenant_task` makes a task of `(tenant_id, …)` that opens the scope itself. `for_each_tenant` is what beat calls: one task a tenant, so that one
tenant's failure or slowness is its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID, uuid4
from zlib import crc32

from celery import Task, shared_task
from django.db import connection, transaction
from django.utils import timezone

from security.accounts.sweeping import sweep_accounts
from security.audit.keys import workers_signer
from security.context import Actor, ActorKind, acting
from security.scoping import PLATFORM_TENANT_ID, require_tenant_id, tenant_ids, tenant_scope, tenants_with
from tenants.services.audit import alerts, checks, keeping, mailbox
from tenants.services.keys import go_on_replacing
from tenants.services.people.password_warnings import warn_of_passwords
from tenants.services.platform import stays
from tenants.services.sign_in import certificates, domains

logger = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(hours=1)
WARN_EVERY = timedelta(hours=6)
END_ENTRIES_EVERY = timedelta(minutes=1)
RESUME_EVERY = timedelta(minutes=3)
PRUNE_EVERY = timedelta(hours=12)
WATCH_EVERY = timedelta(minutes=1)
REPLACE_EVERY = timedelta(minutes=1)
REPLACE_FOR = timedelta(seconds=45)
"""Less than until the next one comes: workers are not all at one organisation."""
P = ParamSpec("P")


def tenant_task(name: str) -> Callable[[Callable[P, None]], Task[Concatenate[int, P], None]]:
    """A task of one tenant, by its registered name. A second copy that runs meanwhile does nothing."""

    def decorate(work: Callable[P, None]) -> Task[Concatenate[int, P], None]:
        @wraps(work)
        def run(tenant_id: int, /, *args: P.args, **kwargs: P.kwargs) -> None:
            with acting(actor=Actor(ActorKind.JOB, name=name)), tenant_scope(tenant_id):
                if _leased(name, tenant_id):
                    work(*args, **kwargs)

        run.is_tenant_task = True  # type: ignore[attr-defined]  # asked by the test that finds tasks without a scope
        return shared_task(name=name)(run)

    return decorate


def for_each_tenant(
    task: Task[Any, None], among: Iterable[int] | None = None, *, expires: timedelta | None = None
) -> None:
    """Queue `task` once for each tenant, or for those that have work; the platform's own row has no conversations and no people."""
    options: dict[str, Any] = {} if expires is None else {"expires": expires.total_seconds()}
    for tenant_id in tenant_ids() if among is None else among:
        if tenant_id != PLATFORM_TENANT_ID:
            task.apply_async((tenant_id,), **options)


@shared_task(name="tenants.sweep_accounts")
def sweep_everybodys_accounts() -> None:
    """Sessions, attempts and revocations that are over."""
    removed = sweep_accounts(now=timezone.now())
    if removed:
        logger.info("Removed %s rows of sign-ins that are over", removed)


@shared_task(name="tenants.end_operators_entries")
def end_operators_entries() -> None:
    """Write down which stays of operators are over; what they gave ended by itself."""
    with acting(actor=Actor(ActorKind.JOB, name=end_operators_entries.name)):
        ended = stays.end_expired(now=timezone.now())
    if ended:
        logger.info("Ended %s stays of operators", ended)


@tenant_task("tenants.warn_of_passwords")
def warn_members() -> None:
    """Mails to who has to choose a new password soon."""
    warn_of_passwords(now=timezone.now())


@shared_task(name="tenants.warn_of_passwords_everywhere")
def warn_members_everywhere() -> None:
    """One task for each tenant."""
    for_each_tenant(warn_members)


@shared_task(name="tenants.run_trail_check")
def run_trail_check(tenant_id: int, check: str) -> None:
    """Follow a chain that is too long for a page."""
    with acting(actor=Actor(ActorKind.JOB, name=run_trail_check.name)):
        checks.run_check(tenant_id, UUID(check), worker=uuid4(), now=timezone.now())


@shared_task(name="tenants.prune_trail")
def prune_trail(tenant_id: int) -> None:
    """Forget the beginning of a trail, where its organisation wants that."""
    signer = workers_signer()
    with acting(actor=Actor(ActorKind.JOB, name=prune_trail.name)):
        keeping.prune_trail(tenant_id, now=timezone.now(), keys=() if signer is None else signer.believed)


@shared_task(name="tenants.prune_trails_everywhere")
def prune_trails_everywhere() -> None:
    """One task for each tenant."""
    for_each_tenant(prune_trail)


@tenant_task("tenants.mail_checkpoint")
def mail_checkpoint() -> None:
    """The newest checkpoint to the mailbox that the organisation chose."""
    mailbox.mail_checkpoint(now=timezone.now())


@shared_task(name="tenants.mail_checkpoints_everywhere")
def mail_checkpoints_everywhere() -> None:
    """One task for each tenant."""
    for_each_tenant(mail_checkpoint)


@tenant_task("tenants.raise_alerts")
def raise_alerts() -> None:
    """What is new in the trail, by the rules that are on."""
    raised = alerts.raise_alerts(now=timezone.now())
    if raised:
        logger.warning("Raised %s alerts; tenant=%s", len(raised), require_tenant_id())


@shared_task(name="tenants.raise_alerts_everywhere")
def raise_alerts_everywhere() -> None:
    """One task for each tenant that has a rule on."""
    for_each_tenant(raise_alerts, tenants_with("alerts"))


@tenant_task("tenants.resume_trail_checks")
def resume_trail_checks() -> None:
    """Checks whose worker is gone, or that the broker forgot, are given to another."""
    for check in checks.abandoned_checks(now=timezone.now()):
        transaction.on_commit(partial(run_trail_check.delay, require_tenant_id(), str(check)))


@shared_task(name="tenants.resume_trail_checks_everywhere")
def resume_trail_checks_everywhere() -> None:
    """One task for each tenant whose trail is being followed."""
    for_each_tenant(resume_trail_checks, tenants_with("trail check"))


@shared_task(name="tenants.replace_key")
def replace_key(tenant_id: int) -> None:
    """What can be done now of a replacement that was begun; the next one goes on with the rest, so that other tasks have their turn."""
    with acting(actor=Actor(ActorKind.JOB, name=replace_key.name)):
        go_on_replacing(tenant_id, now=timezone.now(), seconds=REPLACE_FOR.total_seconds())


@shared_task(name="tenants.replace_keys_everywhere")
def replace_keys_everywhere() -> None:
    """One task for each tenant whose key is being replaced; what no worker took within a minute is not kept besides the next one."""
    for_each_tenant(replace_key, tenants_with("key"), expires=REPLACE_EVERY)


@shared_task(name="tenants.recheck_domains")
def recheck_domains(tenant_id: int) -> None:
    """Ask name servers whether the organisation's mail domains are still its own."""
    with acting(actor=Actor(ActorKind.JOB, name=recheck_domains.name)):
        lost = domains.recheck_domains(tenant_id, now=timezone.now())
    if lost:
        logger.warning("Lost %s mail domains; tenant=%s", lost, tenant_id)


@shared_task(name="tenants.recheck_domains_everywhere")
def recheck_domains_everywhere() -> None:
    """One task for each tenant."""
    for_each_tenant(recheck_domains)


@tenant_task("tenants.warn_of_certificates")
def warn_of_certificates() -> None:
    """Mails to owners whose provider signs by a certificate that ends soon."""
    certificates.warn_of_certificate(now=timezone.now())


@shared_task(name="tenants.warn_of_certificates_everywhere")
def warn_of_certificates_everywhere() -> None:
    """One task for each tenant."""
    for_each_tenant(warn_of_certificates)


SCHEDULE = {
    "replace-tenant-keys": {
        "task": replace_keys_everywhere.name,
        "schedule": REPLACE_EVERY,
        "options": {"expires": REPLACE_EVERY.total_seconds()},
    },
    "recheck-domains": {
        "task": recheck_domains_everywhere.name,
        "schedule": domains.CHECK_EVERY,
        "options": {"expires": domains.CHECK_EVERY.total_seconds()},
    },
    "mail-checkpoints-of-organisations": {
        "task": mail_checkpoints_everywhere.name,
        "schedule": mailbox.MAIL_EVERY,
        "options": {"expires": mailbox.MAIL_EVERY.total_seconds()},
    },
    "prune-trails": {
        "task": prune_trails_everywhere.name,
        "schedule": PRUNE_EVERY,
        "options": {"expires": PRUNE_EVERY.total_seconds()},
    },
    "raise-alerts": {
        "task": raise_alerts_everywhere.name,
        "schedule": WATCH_EVERY,
        "options": {"expires": WATCH_EVERY.total_seconds()},
    },
    "resume-trail-checks": {
        "task": resume_trail_checks_everywhere.name,
        "schedule": RESUME_EVERY,
        "options": {"expires": RESUME_EVERY.total_seconds()},
    },
    "warn-of-passwords": {
        "task": warn_members_everywhere.name,
        "schedule": WARN_EVERY,
        "options": {"expires": WARN_EVERY.total_seconds()},
    },
    "warn-of-certificates": {
        "task": warn_of_certificates_everywhere.name,
        "schedule": WARN_EVERY,
        "options": {"expires": WARN_EVERY.total_seconds()},
    },
    "end-operators-entries": {
        "task": end_operators_entries.name,
        "schedule": END_ENTRIES_EVERY,
        "options": {"expires": END_ENTRIES_EVERY.total_seconds()},
    },
    "sweep-accounts": {
        "task": sweep_everybodys_accounts.name,
        "schedule": SWEEP_EVERY,
        "options": {"expires": SWEEP_EVERY.total_seconds()},
    },
}
"""For `chatplatform.beat`."""


def _leased(name: str, tenant_id: int) -> bool:
    """A lock that PostgreSQL lets go at the end of the transaction, whatever becomes of the worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_signed(crc32(name.encode())), tenant_id])
        row = cursor.fetchone()
    return bool(row and row[0])


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number
