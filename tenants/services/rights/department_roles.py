"""Further roles of members on single departments. Whatever is given or taken ends what the member has open: he comes back with what he has now."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from security.audit import Action, record
from security.errors import Conflict, Invalid
from security.permissions import Grant
from tenants.models import Department, DepartmentRole, Membership, Role
from tenants.services.rights.changing import end_sockets_of, lock_member, require_to_belong, require_to_give


@transaction.atomic
def grant_role(*, grant: Grant, member: UUID, department: UUID, role: UUID) -> DepartmentRole:
    """Give a member a further role on one department; again, as by a second click, changes nothing.

    Denied for what the giver does not have there; Invalid("department"), Invalid("role"), Conflict("nothing_on_departments") for a role that
    gives nothing on a department, Conflict("member_gone").
    """
    held, membership = lock_member(grant, member)
    require_to_belong(membership)
    place = Department.objects.filter(public_id=department).first()
    wanted = Role.objects.filter(public_id=role).first()
    if place is None or wanted is None:
        raise Invalid("department" if place is None else "role")
    if not require_to_give(held, wanted, place):
        raise Conflict("nothing_on_departments")
    return give(membership, wanted, place)


@transaction.atomic
def withdraw_role(*, grant: Grant, member: UUID, held: UUID) -> None:
    """Take a further role away; Conflict("not_held") where the member does not have it any more."""
    _, membership = lock_member(grant, member)
    row = membership.department_roles.select_related("role", "department").filter(public_id=held).first()
    if row is None:
        raise Conflict("not_held")
    take(row, membership)


def give(membership: Membership, role: Role, department: Department) -> DepartmentRole:
    """As part of the caller's transaction, which has asked whether it may be given."""
    before = roles_of(membership)
    row, is_new = DepartmentRole.objects.get_or_create(membership=membership, role=role, department=department)
    if is_new:
        end_sockets_of([membership])
        changes = {"further_roles": (before, roles_of(membership))}
        record(Action.MEMBER_ROLE_GRANTED, on=membership, changes=changes, role=role.slug, department=department)
    return row


def take(row: DepartmentRole, membership: Membership) -> None:
    """As part of the caller's transaction."""
    before, role, department = roles_of(membership), row.role, row.department
    row.delete()
    end_sockets_of([membership])
    changes = {"further_roles": (before, roles_of(membership))}
    record(Action.MEMBER_ROLE_WITHDRAWN, on=membership, changes=changes, role=role.slug, department=department)


def roles_of(membership: Membership) -> list[str]:
    """For the trail: where, and as what."""
    rows = membership.department_roles.order_by("department__name", "role__slug")
    return [f"{place}: {slug}" for place, slug in rows.values_list("department__name", "role__slug")]
