"""What happens to members after they joined. Whatever takes a right away also ends what is open through it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from security.audit import Action, record
from security.errors import Conflict, Denied, Invalid, NotFound
from security.models import RevocationKind
from security.permissions import Grant, Permission, require
from security.revocation import revoke
from tenants.models import Membership, MembershipStatus, Role
from tenants.roles import OWNER, permissions_of


@transaction.atomic
def suspend_member(*, grant: Grant, member: UUID) -> Membership:
    """Keep a member out until further notice. Conflict("last_owner") for the only owner."""
    membership = _lock(grant, member)
    _keep_an_owner(membership)
    membership.status = MembershipStatus.SUSPENDED.value
    membership.save(update_fields=["status"])
    revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    record(Action.MEMBER_SUSPENDED, on=membership)
    return membership


@transaction.atomic
def resume_member(*, grant: Grant, member: UUID) -> Membership:
    """Let a suspended member in again."""
    membership = _lock(grant, member)
    if membership.status != MembershipStatus.SUSPENDED.value:
        raise Conflict("not_suspended")
    membership.status = MembershipStatus.ACTIVE.value
    membership.save(update_fields=["status"])
    record(Action.MEMBER_RESUMED, on=membership)
    return membership


@transaction.atomic
def change_role(*, grant: Grant, member: UUID, role: str) -> Membership:
    """Give a member another role, which may hold no more than the giver does."""
    membership = _lock(grant, member)
    wanted = Role.objects.filter(slug=role).first()
    if wanted is None:
        raise Invalid("role")
    _require_to_hold(grant, wanted)
    if wanted.slug != OWNER:
        _keep_an_owner(membership)
    before = membership.role.slug
    membership.role = wanted
    membership.save(update_fields=["role"])
    revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    record(Action.MEMBER_ROLE_CHANGED, on=membership, changes={"role": (before, wanted.slug)})
    return membership


@transaction.atomic
def remove_member(*, grant: Grant, member: UUID) -> Membership:
    """End a membership for good. The row stays: conversations and the trail name who answered."""
    membership = _lock(grant, member)
    _keep_an_owner(membership)
    membership.status = MembershipStatus.SUSPENDED.value
    membership.expires_at = timezone.now()
    membership.save(update_fields=["status", "expires_at"])
    membership.in_departments.all().delete()
    revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    record(Action.MEMBER_REMOVED, on=membership)
    return membership


def _lock(grant: Grant, member: UUID) -> Membership:
    """The member, locked; Denied where he holds what the one who acts does not."""
    require(grant, Permission.CONFIGURATION_MEMBERS)
    membership = (
        Membership.objects.select_for_update(of=("self",)).select_related("role").filter(public_id=member).first()
    )
    if membership is None:
        raise NotFound
    _require_to_hold(grant, membership.role)
    return membership


def _require_to_hold(grant: Grant, role: Role) -> None:
    if not permissions_of(role.slug, is_builtin=role.is_builtin, stored=role.permissions) <= grant.permissions:
        raise Denied


def _keep_an_owner(membership: Membership) -> None:
    """Refuse to take the last owner away. Owners are locked in one order, so two who remove each other cannot both succeed."""
    if membership.role.slug != OWNER:
        return
    owners = list(
        Membership.objects.select_for_update(of=("self",))
        .filter(role__slug=OWNER, status=MembershipStatus.ACTIVE.value, expires_at=None, user__is_active=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if not set(owners) - {membership.pk}:
        raise Conflict("last_owner")
