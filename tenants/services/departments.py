"""Departments and who answers in them. Whoever is put in or taken out reads other conversations from then on, so what he has open ends."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from django.db import transaction
from django.db.models import ProtectedError, Q

from security.audit import Action, changes_of, record, record_change
from security.errors import Conflict, Denied, NotFound
from security.models import RevocationKind
from security.permissions import ON_DEPARTMENTS, Grant, Permission, has
from security.revocation import revoke
from tenants.access import grants_of
from tenants.models import Department, DepartmentMembership, Membership
from tenants.services.limits import Limit, require_room
from tenants.services.records import locked
from tenants.services.rights.changing import begin_change, require_to_cover, require_to_give
from tenants.services.rights.department_roles import take

_hand_over: Final[list[Callable[[Department, Department], None]]] = []


@transaction.atomic
def create_department(*, grant: Grant, name: str, members: Collection[Membership]) -> Department:
    """A new department with these members."""
    held = begin_change(grant, Permission.CONFIGURATION_DEPARTMENTS)
    require_room(Limit.DEPARTMENTS)
    department = Department.objects.create(name=name)
    pairs = _put(held, department, members)
    record(Action.DEPARTMENT_CREATED, on=department, changes={**changes_of(None, department), **pairs})
    return department


@transaction.atomic
def change_department(
    *, grant: Grant, department: Department, name: str, members: Collection[Membership]
) -> Department:
    """Another name, other members.

    Denied for who is put in and whose role gives there what the one who acts does not have there, and for who is taken out and holds more
    than he does.
    """
    held = begin_change(grant, Permission.CONFIGURATION_DEPARTMENTS)
    before = locked(department)
    department.name = name
    department.save(update_fields=["name"])
    changes = {**changes_of(before, department), **_put(held, department, members)}
    if changes:
        record(Action.DEPARTMENT_CHANGED, on=department, changes=changes)
    return department


@transaction.atomic
def make_default(*, grant: Grant, department: Department) -> None:
    """Where new members and undirected conversations go, and those of a department that is deleted."""
    begin_change(grant, Permission.CONFIGURATION_DEPARTMENTS)
    rows = {
        row.pk: row for row in Department.objects.select_for_update().order_by("pk")
    }  # all: whichever is default by now
    before = rows.pop(department.pk, None)
    if before is None:
        raise NotFound
    for other in rows.values():
        if other.is_default:
            other.is_default = False
            other.save(update_fields=["is_default"])
    department.is_default = True
    department.save(update_fields=["is_default"])
    record_change(Action.DEPARTMENT_CHANGED, before=before, after=department)


def on_deletion(hand_over: Callable[[Department, Department], None]) -> None:
    """Have this done in the transaction that deletes a department, with it and with the default one. For `apps.ready()`."""
    _hand_over.append(hand_over)


@transaction.atomic
def delete_department(*, grant: Grant, department: Department) -> None:
    """What belongs to it goes to the default department: whoever belongs to neither sees it no more than before.

    Denied for who could not himself let those of the default department see it. Conflict("default_department") for the default one,
    Conflict("department_in_use", "department_kept_longer") where something must not fall under another's rule.
    """
    held = begin_change(grant, Permission.CONFIGURATION_DEPARTMENTS)
    before = locked(department)
    if before.is_default:
        raise Conflict("default_department")
    default = Department.objects.get(is_default=True)
    _require_to_hand_over(held, before, default)
    for hand_over in _hand_over:
        hand_over(before, default)
    _put(held, before, (), is_ending=True)
    for row in before.roles_of_members.select_related("membership", "role", "department"):
        take(row, row.membership)
    record_change(Action.DEPARTMENT_DELETED, before=before, after=None)
    try:
        before.delete()
    except ProtectedError:
        raise Conflict("department_in_use") from None


def _require_to_hand_over(grant: Grant, old: Department, new: Department) -> None:
    """Denied unless the one who acts holds on the old department whatever anybody, himself too, would gain there by the new one; empty or not."""
    is_there = Q(in_departments__department=new) | Q(department_roles__department=new)
    reached = grants_of(Membership.objects.select_related("role", "user", "entry").filter(is_there).distinct())
    gained = {
        permission
        for permission in ON_DEPARTMENTS
        for other in reached
        if has(other, permission, new.pk) and not has(other, permission, old.pk)
    }
    if not all(has(grant, permission, old.pk) for permission in gained):
        raise Denied


def put_in_departments(membership: Membership, departments: Collection[Department]) -> dict[str, tuple[object, object]]:
    """Make these the departments of a member, as part of the caller's transaction; what changed, by name."""
    rows = list(membership.in_departments.select_related("department"))
    before, after = {row.department_id: row.department for row in rows}, {found.pk: found for found in departments}
    if before.keys() == after.keys():
        return {}
    membership.in_departments.exclude(department_id__in=after).delete()
    for pk in after.keys() - before.keys():
        DepartmentMembership.objects.create(department_id=pk, membership=membership)
    revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    return {"departments": (_names(before), _names(after))}


def _put(
    grant: Grant, department: Department, members: Collection[Membership], *, is_ending: bool = False
) -> dict[str, tuple[object, object]]:
    """As above from the other side. Members stand in the trail by id: their names are not this record's to keep.

    A department that ends takes everybody out, whatever they hold: nobody is singled out.
    """
    rows = list(department.in_members.select_related("membership"))
    before, after = {row.membership_id: row.membership for row in rows}, {found.pk: found for found in members}
    if before.keys() == after.keys():
        return {}
    if not is_ending:
        _require_to_take_out(grant, before.keys() - after.keys())
    department.in_members.exclude(membership_id__in=after).delete()
    for joining in Membership.objects.select_related("role").filter(pk__in=after.keys() - before.keys()):
        require_to_give(grant, joining.role, department)
    for pk in after.keys() - before.keys():
        DepartmentMembership.objects.create(department=department, membership_id=pk)
    for pk in before.keys() ^ after.keys():
        revoke(RevocationKind.MEMBERSHIP, (before.get(pk) or after[pk]).public_id)
    return {"members": (_ids(before), _ids(after))}


def _require_to_take_out(grant: Grant, members: Collection[int]) -> None:
    leaving = Membership.objects.select_related("role", "user", "entry").filter(pk__in=members)
    for held in grants_of(leaving):
        require_to_cover(grant, held)


def _names(departments: dict[int, Department]) -> str:
    return ", ".join(sorted(found.name for found in departments.values()))


def _ids(members: dict[int, Membership]) -> str:
    return ", ".join(sorted(str(found.public_id) for found in members.values()))
