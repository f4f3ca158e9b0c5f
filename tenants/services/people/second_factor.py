"""Giving up lost second factors. An administrator starts it; only the person, by his mailbox and his password, does it.

Danger: whoever may reset a second factor needs none himself. Rule: a link to the person's own mailbox, good for a day and for the factors that he
has now, and his password, which is counted as at sign-in. Where a factor is required he sets a new one up before anything else. Proof:
tests/tenants/test_second_factor.py.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from security.accounts.mail import send
from security.accounts.people import end_sessions
from security.accounts.second_factor import factors_of, has_second_factor, remove_factors
from security.audit import Action, record
from security.errors import Conflict, Denied, NotFound
from security.models import User
from security.permissions import Grant, Permission, require
from security.scoping import tenant_scope
from tenants.models import Membership, Tenant
from tenants.services.people.members import holds

GOOD_FOR: Final = timedelta(days=1)
_SALT: Final = "tenants.second_factor.reset"


@transaction.atomic
def start_reset(*, grant: Grant, member: UUID) -> None:
    """Send a member the link. Denied for who holds more than the one who acts; Conflict("no_second_factor")."""
    require(grant, Permission.CONFIGURATION_MEMBERS)
    membership = Membership.objects.select_related("user", "role").filter(public_id=member).first()
    if membership is None:
        raise NotFound
    if not holds(grant, membership.role):
        raise Denied
    if not has_second_factor(membership.user):
        raise Conflict("no_second_factor")
    token = signing.dumps([str(membership.user.public_id), grant.tenant_id, _now_has(membership.user)], salt=_SALT)
    url = settings.SITE_URL + reverse("second_factor_reset", args=[token])
    context = {"url": url, "organisation": Tenant.objects.get().name, "administrator": grant.name}
    send("tenants/email/second_factor_reset", membership.user.email, context)
    record(Action.MEMBER_SECOND_FACTOR_RESET_STARTED, on=membership)


def person_of(token: str) -> User:
    """Whose link it is; NotFound for any other string, after a day, and once his factors are others."""
    return _read(token)[0]


def reset(*, token: str, user: User) -> None:
    """Take all factors of who has just given his password, and end his sessions. Outside any scope."""
    person, tenant_id = _read(token)
    if person != user:
        raise Denied
    with tenant_scope(tenant_id):
        remove_factors(user)
        end_sessions(user)
        send("tenants/email/second_factor_removed", user.email, {})
        record(Action.ACCOUNT_SECOND_FACTOR_RESET, on=user)


def _read(token: str) -> tuple[User, int]:
    try:
        public_id, tenant_id, had = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        raise NotFound from None
    person = User.objects.filter(public_id=public_id, is_active=True).first()
    if person is None or _now_has(person) != had:
        raise NotFound
    return person, tenant_id


def _now_has(user: User) -> str:
    return hashlib.sha256(factors_of(user).encode()).hexdigest()[:32]
