"""From where members may work: changing the list, and the way in for who has locked himself out.

Danger: whoever writes a list without his own address in it has nobody who could take it back; whoever steals a session must not be able to let
himself in with it. Rule: such a list is stored only for who says that he means it; a pass takes the session that asked for it and the person's
mailbox, is for who may change the list, and is told to the owners. Proof: tests/tenants/admin/test_networks.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from security.accounts.mail import send
from security.accounts.provided import came
from security.audit import Action, record
from security.errors import Denied, Invalid, NotFound
from security.models import RevocationKind, User
from security.permissions import Came, Grant, Permission, require
from security.revocation import revoke
from security.scoping import tenant_scope
from tenants.access import active_grant, owners_to_tell
from tenants.models import Membership, Policy, Tenant, usable
from tenants.networks import PASS_FOR, contains, give_pass
from tenants.services.settings import change_policy

GOOD_FOR: Final = timedelta(minutes=15)
ASKED_KEY: Final = "network_pass_asked"
"""In the session: what the link in the mail has to name, until it is used."""
_SALT: Final = "tenants.networks.pass"


@transaction.atomic
def change_networks(*, grant: Grant, networks: Sequence[str], address: str | None, is_sure: bool) -> Policy:
    """Store the list, and let every open socket ask again. Invalid("excludes_you") for one without the address, unless it `is_sure`."""
    require(grant, Permission.CONFIGURATION_SECURITY)
    if networks and not contains(networks, address) and not is_sure:
        raise Invalid("excludes_you")
    policy = Policy.objects.get()
    if policy.allowed_networks == list(networks):
        return policy
    policy.allowed_networks = list(networks)
    changed = change_policy(grant=grant, policy=policy, fields=["allowed_networks"])
    members = Membership.objects.filter(usable(timezone.now())).order_by("pk")
    for member in members.values_list("public_id", flat=True):
        revoke(RevocationKind.MEMBERSHIP, member)
    return changed


def may_ask(*, user: User, tenant_id: int, how: Came) -> bool:
    """Whether the person may be sent a pass: whoever may change the list. Outside any scope."""
    grant = active_grant(user.pk, tenant_id, came=how)
    return grant is not None and grant.entry is None and Permission.CONFIGURATION_SECURITY in grant.permissions


def ask_for_pass(*, user: User, tenant_id: int, session: SessionBase) -> None:
    """Send the person a link that lets this session in for an hour. Denied for who may not change the list."""
    if not may_ask(user=user, tenant_id=tenant_id, how=came(session)):
        raise Denied
    session[ASKED_KEY] = secrets.token_hex(16)
    token = signing.dumps([str(user.public_id), tenant_id, session[ASKED_KEY]], salt=_SALT)
    with tenant_scope(tenant_id):
        context = {
            "url": settings.SITE_URL + reverse("network_pass", args=[token]),
            "organisation": Tenant.objects.get().name,
            "minutes": GOOD_FOR.seconds // 60,
        }
        send("tenants/email/network_pass", user.email, context)
        record(Action.SESSION_NETWORK_PASS_ASKED, on=user)


def check_pass(*, token: str, user: User, session: SessionBase) -> int:
    """The organisation whose pass the link is; NotFound for any other string, another person or session, and once it was used."""
    try:
        public_id, tenant_id, asked = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        raise NotFound from None
    if public_id != str(user.public_id) or not secrets.compare_digest(asked, session.get(ASKED_KEY, "")):
        raise NotFound
    return int(tenant_id)


def use_pass(*, token: str, user: User, session: SessionBase, now: datetime) -> None:
    """Let the session in for an hour, once, and tell the owners."""
    tenant_id = check_pass(token=token, user=user, session=session)
    if not may_ask(user=user, tenant_id=tenant_id, how=came(session)):
        raise NotFound
    del session[ASKED_KEY]
    give_pass(session, tenant_id, now)
    with tenant_scope(tenant_id):
        for owner in owners_to_tell():
            context = {
                "name": user.full_name,
                "organisation": Tenant.objects.get().name,
                "hours": PASS_FOR.seconds // 3600,
            }
            send("tenants/email/network_pass_used", owner, context)
        record(Action.SESSION_NETWORK_PASS_USED, on=user)
