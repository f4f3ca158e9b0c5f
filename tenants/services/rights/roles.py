"""Roles of the organisation's own: made, changed and removed. The built-in ones follow the code and stay as they are."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from security.audit import Action, changes_of, record, snapshot
from security.errors import Conflict, Denied, Invalid, NotFound
from security.permissions import ON_DEPARTMENTS, Grant, Permission, require
from tenants.access import grants_of, role_permissions
from tenants.models import IdentityProvider, Membership, Role
from tenants.permissions import unmet
from tenants.services.people.invitations import withdraw_invitations_as, withdraw_invitations_of
from tenants.services.rights.changing import begin_change, end_sockets_of, require_to_cover, require_to_give
from tenants.services.rights.department_roles import give, take

_RIGHT = Permission.CONFIGURATION_ROLES
_LONGEST_STEM = 32


@transaction.atomic
def create_role(*, grant: Grant, name: str, description: str, permissions: Collection[Permission]) -> Role:
    """A new role, which holds no more than its maker. The same once more, as by a second click, is the one that is there.

    Invalid("name"), Invalid("needs") for a right without one that it needs, Conflict("role_exists") for a name that is taken.
    """
    held = begin_change(grant, _RIGHT)
    wanted = _checked(held, name, permissions)
    known = Role.objects.filter(name__iexact=name.strip()).first()
    if known is not None:
        if not known.is_builtin and (known.description, role_permissions(known)) == (description, wanted):
            return known
        raise Conflict("role_exists")
    role = Role.objects.create(
        slug=_free_slug(name), name=name.strip(), description=description, permissions=sorted(wanted)
    )
    record(Action.ROLE_CREATED, on=role, changes=changes_of(None, role))
    return role


@transaction.atomic
def edit_role(*, grant: Grant, role: UUID, name: str, description: str, permissions: Collection[Permission]) -> Role:
    """Another name, other rights; whoever has it comes back with what it gives now.

    Denied where the role holds what the one who acts does not, before or after, and where it would raise himself or somebody who holds more than
    he does. What an open invitation promised is withdrawn once the role holds more.
    """
    held = begin_change(grant, _RIGHT)
    found = _lock_own(held, role)
    wanted = _checked(held, name, permissions)
    if Role.objects.filter(name__iexact=name.strip()).exclude(pk=found.pk).exists():
        raise Conflict("role_exists")
    before, had = snapshot(found), role_permissions(found)
    holders = _holders(found)
    found.name, found.description, found.permissions = name.strip(), description, sorted(wanted)
    found.save(update_fields=["name", "description", "permissions"])
    if not wanted <= had:
        _require_to_cover_all(held, holders)
        withdraw_invitations_as(found)
    if wanted != had:
        end_sockets_of(holders)
    changes = changes_of(before, found)
    if changes:
        record(Action.ROLE_CHANGED, on=found, changes=changes)
    return found


@transaction.atomic
def remove_role(*, grant: Grant, role: UUID, to: UUID | None = None) -> None:
    """The role is no more; who has it, for the organisation or on a department, has the one that `to` names from then on.

    Conflict("role_joining") where the identity provider lets newcomers join as it; Conflict("role_in_use") where somebody has it and no other is
    named; Denied where that one would give what the one who acts does not have.
    """
    held = begin_change(grant, _RIGHT)
    found = _lock_own(held, role)
    if IdentityProvider.objects.filter(joining_role=found).exists():
        raise Conflict("role_joining")
    members = list(Membership.objects.select_for_update(of=("self",)).select_related("role").filter(role=found))
    further = list(found.on_departments.select_related("membership", "department"))
    if members or further:
        require(held, Permission.CONFIGURATION_MEMBERS)
        target = _target(found, to)
        _require_to_cover_all(held, _holders(found))
        for membership in members:
            _move(membership, target)
        for row in further:
            take(row, row.membership)
            require_to_give(held, target, row.department)
            if role_permissions(target) & ON_DEPARTMENTS:
                give(row.membership, target, row.department)
        _require_to_cover_all(held, members)
    withdraw_invitations_as(found)
    record(Action.ROLE_REMOVED, on=found, changes=changes_of(found, None))
    found.delete()


def _checked(grant: Grant, name: str, permissions: Collection[Permission]) -> frozenset[Permission]:
    wanted = frozenset(permissions)
    if not name.strip():
        raise Invalid("name")
    if not wanted <= grant.permissions:
        raise Denied
    if unmet(wanted):
        raise Invalid("needs")
    return wanted


def _lock_own(grant: Grant, role: UUID) -> Role:
    """A role of the organisation's own, locked; Conflict("builtin_role"), Denied for one that holds more than the one who acts."""
    found = Role.objects.select_for_update().filter(public_id=role).first()
    if found is None:
        raise NotFound
    if found.is_builtin:
        raise Conflict("builtin_role")
    if not role_permissions(found) <= grant.permissions:
        raise Denied
    return found


def _holders(role: Role) -> list[Membership]:
    """Whoever has it, for the organisation or on a department, kept out or let in."""
    further = role.on_departments.values("membership")
    rows = Membership.objects.select_related("role", "user")
    return list((rows.filter(role=role) | rows.filter(pk__in=further)).order_by("pk"))


def _require_to_cover_all(grant: Grant, memberships: Iterable[Membership]) -> None:
    pks = [membership.pk for membership in memberships]
    fresh = Membership.objects.select_related("role", "user").filter(pk__in=pks)
    for other in grants_of(fresh):
        require_to_cover(grant, other)


def _target(found: Role, to: UUID | None) -> Role:
    if to is None:
        raise Conflict("role_in_use")
    target = Role.objects.filter(public_id=to).exclude(pk=found.pk).first()
    if target is None:
        raise Invalid("role")
    return target


def _move(membership: Membership, target: Role) -> None:
    before = membership.role.slug
    membership.save(update_fields=membership.take_role(target))
    end_sockets_of([membership])
    withdraw_invitations_of(membership)
    record(Action.MEMBER_ROLE_CHANGED, on=membership, changes={"role": (before, target.slug)})


def _free_slug(name: str) -> str:
    """What the trail calls it: never that of another role, a built-in one least of all."""
    stem = slugify(name)[:_LONGEST_STEM].strip("-") or "role"
    slug = stem
    while Role.objects.filter(slug=slug).exists():
        slug = f"{stem}-{secrets.token_hex(3)}"
    return slug
