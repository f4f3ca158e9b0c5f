"""What happens to members after they joined. Whatever takes a right away also ends what is open through it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, Final
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from security.accounts.ending import lock_sessions
from security.audit import Action, changes_of, record, snapshot
from security.errors import Conflict, Invalid
from security.models import RevocationKind
from security.permissions import Grant, Permission, covers, require
from security.revocation import revoke
from security.scoping import require_tenant_id
from tenants.access import grant_of, role_permissions
from tenants.models import Department, Membership, MembershipStatus, Policy, Role, usable
from tenants.roles import OWNER
from tenants.services.departments import put_in_departments
from tenants.services.limits import Limit, require_room
from tenants.services.people.invitations import withdraw_invitations_of
from tenants.services.people.switching import TENANT_KEY
from tenants.services.rights.changing import lock_member, require_to_belong, require_to_cover

_on_removal: Final[list[Callable[[Membership], Mapping[str, int]]]] = []


@transaction.atomic
def suspend_member(*, grant: Grant, member: UUID) -> Membership:
    """Keep a member out until further notice. Conflict("last_owner") for the only owner, Conflict("member_not_active") for who is not in."""
    _, membership = lock_member(grant, member)
    if membership.status != MembershipStatus.ACTIVE.value or membership.expires_at is not None:
        raise Conflict("member_not_active")  # resumed later, an unconfirmed person would be in without confirming
    _keep_an_owner(membership)
    membership.status = MembershipStatus.SUSPENDED.value
    membership.save(update_fields=["status"])
    revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    withdraw_invitations_of(membership)
    record(Action.MEMBER_SUSPENDED, on=membership)
    return membership


@transaction.atomic
def resume_member(*, grant: Grant, member: UUID) -> Membership:
    """Let a suspended member in again; a removed one comes back by invitation. Conflict("not_suspended")."""
    _, membership = lock_member(grant, member)
    require_room(Limit.MEMBERS)
    if membership.status != MembershipStatus.SUSPENDED.value or membership.expires_at is not None:
        raise Conflict("not_suspended")
    membership.status = MembershipStatus.ACTIVE.value
    membership.save(update_fields=["status"])
    record(Action.MEMBER_RESUMED, on=membership)
    return membership


@transaction.atomic
def change_role(*, grant: Grant, member: UUID, role: str) -> Membership:
    """Give a member another role for the whole organisation; Denied where the member would hold more by it than the giver does."""
    held, membership = lock_member(grant, member)
    wanted = Role.objects.filter(slug=role).first()
    if wanted is None:
        raise Invalid("role")
    require_to_belong(membership)
    require_to_cover(held, replace(grant_of(membership), permissions=role_permissions(wanted)))
    if wanted.slug != OWNER:
        _keep_an_owner(membership)
    before = membership.role.slug
    membership.save(update_fields=membership.take_role(wanted))
    revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    withdraw_invitations_of(membership)
    record(Action.MEMBER_ROLE_CHANGED, on=membership, changes={"role": (before, wanted.slug)})
    return membership


def on_removal(end: Callable[[Membership], Mapping[str, int]]) -> None:
    """Have this done in the transaction that removes a member; the event tells how many of what it gives went. For `apps.ready()`."""
    _on_removal.append(end)


@transaction.atomic
def remove_member(*, grant: Grant, member: UUID) -> Membership:
    """End a membership for good. The row stays: conversations and the trail name who answered."""
    _, membership = lock_member(grant, member)
    _keep_an_owner(membership)
    membership.status = MembershipStatus.SUSPENDED.value
    membership.expires_at = timezone.now()
    membership.save(update_fields=["status", "expires_at"])
    membership.department_roles.all().delete()  # or whoever invites him again would give them unseen
    membership.in_departments.all().delete()
    revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    withdraw_invitations_of(membership)
    gone: dict[str, Any] = {name: count for end in _on_removal for name, count in end(membership).items() if count}
    record(Action.MEMBER_REMOVED, on=membership, **gone)
    return membership


@transaction.atomic
def change_member(
    *, grant: Grant, member: UUID, name: str, capacity: int | None, departments: Collection[Department]
) -> Membership:
    """The name that visitors see, how many conversations at once (None: as the policy says), and where the member answers."""
    held, membership = lock_member(grant, member)
    answers = frozenset(department.pk for department in departments)
    require_to_cover(held, replace(grant_of(membership), department_ids=answers))
    before = snapshot(membership)
    membership.name, membership.capacity = name, capacity
    membership.save(update_fields=["name", "capacity"])
    changes = {**changes_of(before, membership), **put_in_departments(membership, departments)}
    if changes:
        record(Action.MEMBER_CHANGED, on=membership, changes=changes)
    return membership


@transaction.atomic
def end_member_sessions(*, grant: Grant, member: UUID) -> int:
    """Sign a member out of this tenant; how many sessions ended. Those that work in another one go on there, and open this one no more."""
    _, membership = lock_member(grant, member)
    tenant_id, store = require_tenant_id(), _session_store()
    ended = 0
    for session in lock_sessions(UserSession.objects.filter(user_id=membership.user_id)):
        if store(session.session_key).get(TENANT_KEY) == tenant_id:
            session.end()
            ended += 1
    membership.sessions_ended_at = timezone.now()
    membership.save(update_fields=["sessions_ended_at"])
    revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    record(Action.MEMBER_SESSIONS_ENDED, on=membership, sessions=ended)
    return ended


@transaction.atomic
def require_password_change(*, grant: Grant, member: UUID) -> Membership:
    """Lead a member to a new password before anything else here; what he does in other organisations is not this one's to hinder."""
    _, membership = lock_member(grant, member)
    membership.password_change_required_at = timezone.now()
    membership.save(update_fields=["password_change_required_at"])
    revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    record(Action.MEMBER_PASSWORD_CHANGE_REQUIRED, on=membership)
    return membership


@transaction.atomic
def require_password_change_of_all(*, grant: Grant) -> int:
    """Lead every member, whoever asks included, to a new password before anything else here; how many they are."""
    require(grant, Permission.CONFIGURATION_PASSWORDS)
    Policy.objects.update(password_change_required_at=timezone.now())
    members = list(Membership.objects.filter(usable(timezone.now())).values_list("public_id", flat=True))
    for member in members:
        revoke(RevocationKind.MEMBERSHIP, member)
    record(Action.MEMBER_ALL_PASSWORD_CHANGE_REQUIRED, members=len(members))
    return len(members)


def assignable_roles(grant: Grant) -> list[Role]:
    """The roles that hold no more than the one who gives them."""
    return [role for role in Role.objects.order_by("pk") if holds(grant, role)]


def holds(grant: Grant, role: Role) -> bool:
    """Whether the one who acts has every right of this role for the whole organisation."""
    return role_permissions(role) <= grant.permissions


def may_act_on(grant: Grant, membership: Membership) -> bool:
    """Whether the member holds no more than the one who acts."""
    return covers(grant, grant_of(membership))


def _session_store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore


def _keep_an_owner(membership: Membership) -> None:
    """Refuse to take the last owner away. Owners are locked since `lock_member`; one for a time does not count as staying."""
    others = Membership.objects.exclude(pk=membership.pk).filter(
        usable(timezone.now()), role__slug=OWNER, expires_at=None
    )
    if membership.role.slug == OWNER and not others.exists():
        raise Conflict("last_owner")
