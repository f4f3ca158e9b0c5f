"""What workers do for people's mails. The tasks open the scopes that they need; a mail that two workers are given is sent by one."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from security.accounts import outbox
from security.accounts.checkpoint_mail import mail_newest
from security.accounts.outbox import Queued
from security.audit import Action, outside, record_failed
from security.audit.checkpoints import Refused, Signer, behind, forged, sign_tenant
from security.audit.keys import workers_signer
from security.audit.lateness import tell_lateness
from security.context import Actor, ActorKind, acting
from security.scoping import tenant_ids, tenant_scope, tenants_with

logger = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(minutes=1)
SIGN_EVERY = timedelta(seconds=30)
SIGN_EVERYTHING_EVERY = timedelta(hours=1)
MAIL_EVERY = timedelta(days=1)


@shared_task(name="security.deliver_mail")
def deliver_mail(tenant_id: int, mail: int) -> None:
    """Send one mail that is due."""
    outbox.deliver(Queued(tenant_id, mail), now=timezone.now())


@shared_task(name="security.sweep_mail")
def sweep_mail() -> None:
    """Queue what is due, of all tenants and of the platform; give up what waited for too long."""
    for tenant_id in tenants_with("mail"):
        with acting(actor=Actor(ActorKind.JOB, name="security.sweep_mail")), tenant_scope(tenant_id):
            due = outbox.sweep(now=timezone.now())
        for queued in due:
            deliver_mail.delay(queued.tenant_id, queued.pk)


@shared_task(name="security.sign_checkpoints")
def sign_checkpoints(tenant_id: int | None = None, *, everything: bool = False) -> None:
    """Sign what was appended to each chain: beat asks twice a minute; `record` asks for one chain once it has grown by many events.

    `everything` asks each chain, also those whose length is what was signed: the database may have been put back, or hold what nobody signed.
    """
    signer = workers_signer()
    if signer is None:
        logger.error("AUDIT_SIGNING_KEY is not set: no checkpoint of the audit trail is signed")
        return
    places = outside.Outside(tuple(settings.AUDIT_CHECKPOINT_URLS), signer.memory, signer.believed)
    with acting(actor=Actor(ActorKind.JOB, name=sign_checkpoints.name)):
        for chain in tenant_ids() if everything else behind(signer.memory) if tenant_id is None else (tenant_id,):
            try:
                _sign(chain, signer, places)
            except Exception:  # what is wrong with one chain must not keep the others from being signed
                logger.exception("A chain could not be signed; tenant=%s", chain)
        places.pay()
        if tenant_id is None:
            tell_lateness(signer.memory)


def _sign(tenant_id: int, signer: Signer, places: outside.Outside) -> None:
    try:
        for note in sign_tenant(tenant_id, signer=signer, now=timezone.now()):
            places.owe(tenant_id, note)
    except Refused as refusal:
        if signer.memory.is_new_refusal(tenant_id, str(refusal)):
            logger.critical("A checkpoint was refused at event %s: %s; tenant=%s", refusal.seq, refusal, tenant_id)
            record_failed(
                Action.AUDIT_CHECKPOINT_REFUSED, tenant_id=tenant_id, first_bad=refusal.seq, reason=refusal.reason
            )
    _tell_of_forged(tenant_id, signer)


def _tell_of_forged(tenant_id: int, signer: Signer) -> None:
    """They stop nothing; but somebody wrote them who should not be able to."""
    found = forged(tenant_id, signer=signer)
    if found:
        logger.critical(
            "%s checkpoints that no key of ours signed lie in the database; tenant=%s", len(found), tenant_id
        )
        record_failed(Action.AUDIT_CHECKPOINT_FORGED, tenant_id=tenant_id, checkpoints=len(found), at=found[0])


def sign_soon(tenant_id: int) -> None:
    """One chain has grown by many events: it does not wait for beat."""
    sign_checkpoints.delay(tenant_id)


@shared_task(name="security.mail_checkpoints")
def mail_checkpoints() -> None:
    """Once a day the newest checkpoint of each chain goes to the mailboxes of AUDIT_CHECKPOINT_URLS."""
    now, boxes = timezone.now(), outside.mailboxes(settings.AUDIT_CHECKPOINT_URLS)
    for tenant_id in tenant_ids() if boxes else ():
        with acting(actor=Actor(ActorKind.JOB, name=mail_checkpoints.name)), tenant_scope(tenant_id):
            mail_newest(boxes=boxes, since=now - MAIL_EVERY)


SCHEDULE = {
    "mail-checkpoints": {
        "task": mail_checkpoints.name,
        "schedule": MAIL_EVERY,
        "options": {"expires": MAIL_EVERY.total_seconds()},
    },
    "sign-checkpoints": {
        "task": sign_checkpoints.name,
        "schedule": SIGN_EVERY,
        "options": {"expires": SIGN_EVERY.total_seconds()},
    },
    "sign-every-chain": {
        "task": sign_checkpoints.name,
        "schedule": SIGN_EVERYTHING_EVERY,
        "kwargs": {"everything": True},
        "options": {"expires": SIGN_EVERYTHING_EVERY.total_seconds()},
    },
    "sweep-mail": {
        "task": sweep_mail.name,
        "schedule": SWEEP_EVERY,
        "options": {"expires": SWEEP_EVERY.total_seconds()},
    },
}
"""For `chatplatform.beat`."""
