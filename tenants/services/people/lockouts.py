"""Members who are locked out after failed sign-ins. The count is the person's, whatever organisation he belongs to.

Danger: each lift gives whoever guesses as many guesses again. Rule: a person's lock is lifted three times a day at most, by all
organisations together; he is told each time, and each time stands in the trail. Proof: tests/tenants/admin/test_security.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from security.accounts import lockout
from security.accounts.mail import send
from security.audit import Action, record
from security.errors import Conflict, Denied, NotFound
from security.permissions import Grant, Permission, require
from tenants.models import Membership, Tenant, unexpired
from tenants.services.people.members import may_act_on


@dataclass(frozen=True, slots=True)
class LockedMember:
    """Who cannot sign in: at one address, or at all where he never did before; until when at the latest."""

    public_id: UUID
    name: str
    email: str
    until: datetime
    is_liftable: bool


def read_locks(*, grant: Grant, now: datetime) -> list[LockedMember]:
    """The members that are locked at this moment, by name."""
    require(grant, Permission.CONFIGURATION_MEMBERS)
    members = list(Membership.objects.filter(unexpired(now)).select_related("user", "role").order_by("name", "pk"))
    locked = lockout.locked_people([member.user.email for member in members], now=now)
    return [
        LockedMember(
            member.public_id, member.name, member.user.email, locked[member.user.email], may_act_on(grant, member)
        )
        for member in members
        if member.user.email in locked
    ]


@transaction.atomic
def lift_lock(*, grant: Grant, member: UUID, now: datetime) -> int:
    """Let a member try again at once; how many failures were forgotten. Conflict("lifted_often") for the fourth time within a day.

    The count is the person's everywhere: NotFound for who belongs no more, Denied for who holds more than the one who acts: their lock is
    others' guard as well.
    """
    require(grant, Permission.CONFIGURATION_MEMBERS)
    found = Membership.objects.select_for_update(of=("self",), no_key=True).select_related("user", "role")
    membership = found.filter(unexpired(now), public_id=member).first()  # of who was removed, the lock is others' guard
    if membership is None:
        raise NotFound
    if not may_act_on(grant, membership):
        raise Denied
    if not lockout.take_lift(membership.user.email, now=now):
        raise Conflict("lifted_often")
    forgotten = lockout.unlock(membership.user.email)
    context = {"administrator": grant.name, "organisation": Tenant.objects.get().name}
    send("tenants/email/lock_lifted", membership.user.email, context)
    record(Action.MEMBER_UNLOCKED, on=membership, failures=forgotten)
    return forgotten
