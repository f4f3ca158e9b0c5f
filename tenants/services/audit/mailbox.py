"""The mailbox that gets a trail's newest checkpoint each day, once somebody there has said that he wants it.

Danger: a wrong address gets an organisation's mails each day, and nobody keeps its checkpoints though everybody thinks so. Rule: a mailbox gets one
mail with a link, and nothing else before somebody opens it there and says yes; another address begins anew. Proof:
tests/tenants/test_mailbox.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from security.accounts.checkpoint_mail import mail_newest
from security.accounts.mail import send
from security.audit import Action, record
from security.audit.copies import OWN, forget_own
from security.errors import Conflict, NotFound
from security.permissions import Grant, Permission, require, require_member
from security.scoping import tenant_scope
from tenants.models import Policy, Tenant
from tenants.services.settings import change_policy

RIGHT: Final = Permission.CONFIGURATION_RETENTION
MAIL_EVERY: Final = timedelta(days=1)
GOOD_FOR: Final = timedelta(days=7)
ASKED_AGAIN_AFTER: Final = timedelta(minutes=10)
"""Between two links: nobody's mailbox is filled from here."""
_SALT: Final = "tenants.audit.mailbox"


@transaction.atomic
def change_mailbox(*, grant: Grant, policy: Policy, now: datetime) -> Policy:
    """Store the address, and ask there; "" for none. Conflict("mailbox_asked") for another one within minutes."""
    require(grant, RIGHT)
    require_member(grant)
    stored = Policy.objects.select_for_update().get()
    if stored.audit_checkpoint_email == policy.audit_checkpoint_email:
        return stored
    if policy.audit_checkpoint_email:
        _require_pause(stored, now)
    changed = change_policy(grant=grant, policy=policy, fields=["audit_checkpoint_email"])
    Policy.objects.update(audit_mailbox_confirmed_at=None)
    forget_own()
    if changed.audit_checkpoint_email:
        _ask(changed.audit_checkpoint_email, now)
    return changed


@transaction.atomic
def ask_mailbox_again(*, grant: Grant, now: datetime) -> None:
    """Send the link once more. Conflict("mailbox_confirmed") where nobody has to be asked, Conflict("mailbox_asked") within minutes."""
    require(grant, RIGHT)
    require_member(grant)
    stored = Policy.objects.select_for_update().get()
    if not stored.audit_checkpoint_email or stored.audit_mailbox_confirmed_at is not None:
        raise Conflict("mailbox_confirmed")
    _require_pause(stored, now)
    _ask(stored.audit_checkpoint_email, now)


def access_mailbox(token: str) -> tuple[str, bool]:
    """The name of the organisation whose link it is, and whether somebody there has said yes.

    NotFound for any other string, and once another mailbox is set. Outside any scope.
    """
    with tenant_scope(_tenant_of(token)):
        is_confirmed = _access_policy(token).audit_mailbox_confirmed_at is not None
        return Tenant.objects.get().name, is_confirmed


def confirm_mailbox(*, token: str, now: datetime) -> None:
    """Somebody who reads the mailbox wants the checkpoints; once more is the same. NotFound. Outside any scope."""
    with tenant_scope(_tenant_of(token)):
        policy = _access_policy(token)
        if policy.audit_mailbox_confirmed_at is None:
            policy.audit_mailbox_confirmed_at = now
            policy.save(update_fields=["audit_mailbox_confirmed_at"])
            record(Action.AUDIT_MAILBOX_CONFIRMED, email=policy.audit_checkpoint_email)


def mail_checkpoint(*, now: datetime) -> None:
    """Queue the newest checkpoint of the tenant in scope for its mailbox, if that is confirmed and one was signed since the last mail."""
    boxes = Policy.objects.exclude(audit_mailbox_confirmed_at=None).exclude(audit_checkpoint_email="")
    box = boxes.values_list("audit_checkpoint_email", flat=True).first()
    if box:
        mail_newest(boxes=[box], since=now - MAIL_EVERY, kind=OWN)


def _require_pause(policy: Policy, now: datetime) -> None:
    asked = policy.audit_mailbox_asked_at
    if asked is not None and now - asked < ASKED_AGAIN_AFTER:
        raise Conflict("mailbox_asked")


def _ask(address: str, now: datetime) -> None:
    Policy.objects.update(audit_mailbox_asked_at=now)
    tenant = Tenant.objects.get()
    token = signing.dumps([tenant.pk, _digest(address)], salt=_SALT)
    context = {
        "organisation": tenant.name,
        "url": settings.SITE_URL + reverse("audit_mailbox", args=[token]),
        "days": GOOD_FOR.days,
    }
    send("tenants/email/audit_mailbox", address, context)


def _tenant_of(token: str) -> int:
    try:
        tenant_id, _ = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        raise NotFound from None
    return int(tenant_id)


def _access_policy(token: str) -> Policy:
    """Of the tenant in scope, if the link is to the mailbox that it has now."""
    _, digest = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    policy = Policy.objects.select_for_update().first()
    if policy is None or not policy.audit_checkpoint_email or _digest(policy.audit_checkpoint_email) != digest:
        raise NotFound
    return policy


def _digest(address: str) -> str:
    return sha256(address.encode()).hexdigest()
