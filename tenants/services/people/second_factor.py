"""Giving up lost second factors. An administrator starts it; only the person, by his mailbox and his password, does it.

Danger: whoever may reset a second factor needs none himself, and the factor is others' guard as well. Rule: a link to the person's own mailbox, good
for a day and for the factors that he has now, and his password, which is counted as at sign-in. It is good only while he belongs to the organisation
that sent it and to no other; that is asked when he follows it, since one organisation does not learn of another. Where a factor is required he
sets a new one up before anything else. Proof: tests/tenants/test_second_factor.py.
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
from django.utils import timezone

from security.accounts.mail import send
from security.accounts.people import end_sessions
from security.accounts.second_factor import factors_of, has_second_factor, remove_factors
from security.audit import Action, record
from security.errors import Conflict, Denied, NotFound
from security.models import User
from security.permissions import Grant
from security.scoping import tenant_scope, user_scope
from tenants.models import Membership, MembershipStatus, Tenant, unexpired, usable
from tenants.services.rights.changing import lock_member, require_to_belong

GOOD_FOR: Final = timedelta(days=1)
_SALT: Final = "tenants.second_factor.reset"


@transaction.atomic
def start_reset(*, grant: Grant, member: UUID) -> None:
    """Send a member the link.

    Denied for who holds more than the one who acts; Conflict("member_gone", "member_suspended", "no_second_factor").
    """
    _, membership = lock_member(grant, member)
    require_to_belong(membership)
    if membership.status != MembershipStatus.ACTIVE.value:
        raise Conflict("member_suspended")
    if not has_second_factor(membership.user):
        raise Conflict("no_second_factor")
    token = signing.dumps([str(membership.user.public_id), grant.tenant_id, _now_has(membership.user)], salt=_SALT)
    url = settings.SITE_URL + reverse("second_factor_reset", args=[token])
    context = {"url": url, "organisation": Tenant.objects.get().name, "administrator": grant.name}
    send("tenants/email/second_factor_reset", membership.user.email, context)
    record(Action.MEMBER_SECOND_FACTOR_RESET_STARTED, on=membership)


def person_of(token: str) -> User:
    """Whose link it is, outside any scope.

    NotFound for any other string, after a day, once his factors are others, and once he does not work for who sent it. Conflict("belongs_elsewhere").
    """
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
    _require_ours(person, tenant_id)
    return person, tenant_id


def _require_ours(person: User, tenant_id: int) -> None:
    now = timezone.now()
    with user_scope(person.pk):
        rows = Membership.objects.filter(user=person)
        if not rows.filter(usable(now), tenant_id=tenant_id).exists():
            raise NotFound
        if rows.filter(unexpired(now)).exclude(tenant_id=tenant_id).exists():
            raise Conflict("belongs_elsewhere")


def _now_has(user: User) -> str:
    return hashlib.sha256(factors_of(user).encode()).hexdigest()[:32]
