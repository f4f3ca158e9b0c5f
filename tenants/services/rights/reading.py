"""Who may do what, to look at: the roles side by side, and the members who hold one right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from security.errors import Denied
from security.permissions import Grant, Permission, has, reach_of
from tenants.access import grants_of, role_permissions
from tenants.models import Department, DepartmentRole, Membership, Role, usable


@dataclass(frozen=True, slots=True)
class Column:
    """A role of the matrix."""

    public_id: UUID
    name: str
    is_builtin: bool
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class Holder:
    """A member who holds a right: by `role` everywhere, or in `departments` and on what is his own; and by further roles, each in a department."""

    public_id: UUID
    name: str
    role: str
    is_everywhere: bool
    departments: Sequence[str]
    further: Sequence[str]


def may_read_roles(grant: Grant) -> bool:
    """Whoever manages members or roles sees what each of them gives."""
    return has(grant, Permission.CONFIGURATION_MEMBERS) or has(grant, Permission.CONFIGURATION_ROLES)


def read_matrix(*, grant: Grant) -> list[Column]:
    """The built-in roles in their order, then the organisation's own by name."""
    _require(grant)
    roles = sorted(
        Role.objects.all(), key=lambda role: (not role.is_builtin, role.pk if role.is_builtin else 0, role.name)
    )
    return [Column(role.public_id, role.name, role.is_builtin, role_permissions(role)) for role in roles]


def read_holders(*, grant: Grant, permission: Permission) -> list[Holder]:
    """The members who hold the right at this moment, by name; a fixed number of queries."""
    _require(grant)
    members = list(
        Membership.objects.filter(usable(timezone.now())).select_related("role", "user", "entry").order_by("name", "pk")
    )
    names = dict(Department.objects.values_list("pk", "name"))
    further = _further(permission)
    return [
        found
        for member, his in zip(members, grants_of(members), strict=True)
        if (found := _holder(member, his, permission, names, further[member.pk])) is not None
    ]


def further_roles(membership_ids: Sequence[int]) -> dict[int, list[str]]:
    """What members hold on departments, in words, by the members' primary keys."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = DepartmentRole.objects.filter(membership__in=membership_ids).select_related("role", "department")
    for row in rows.order_by("department__name", "role__name"):
        found[row.membership_id].append(f"{row.department.name}: {row.role.name}")
    return found


def _require(grant: Grant) -> None:
    if not may_read_roles(grant):
        raise Denied


def _further(permission: Permission) -> dict[int, list[str]]:
    """Of those further roles that give the right."""
    giving = [role.pk for role in Role.objects.all() if permission in role_permissions(role)]
    found: dict[int, list[str]] = defaultdict(list)
    rows = DepartmentRole.objects.filter(role__in=giving).select_related("role", "department")
    for row in rows.order_by("department__name", "role__name"):
        found[row.membership_id].append(f"{row.department.name}: {row.role.name}")
    return found


def _holder(
    member: Membership, grant: Grant, permission: Permission, names: dict[int, str], further: Sequence[str]
) -> Holder | None:
    reach = reach_of(grant, permission)
    if not reach.is_general and not reach.departments:
        return None
    answers = sorted(names[pk] for pk in grant.department_ids if pk in names) if reach.is_general else []
    return Holder(
        public_id=member.public_id,
        name=member.name,
        role=member.role.name if reach.is_general else "",
        is_everywhere=reach.is_everywhere,
        departments=answers,
        further=further if reach.departments else (),
    )
