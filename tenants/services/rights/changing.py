"""Changing who may do what: one after the other in each organisation, by rights that still hold.

Danger: two changes that are each allowed and together are not; a right that is used while it is taken away; a right that is given by who does
not have it. Rule: whoever changes rights takes the lock below first and goes by what he may do after that; he acts only on members who hold no
more than he does, and none holds more than he does by it. Proof: tests/tenants/test_giving.py, tests/tenants/test_races.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from security.errors import Conflict, Denied, NotFound
from security.models import RevocationKind
from security.permissions import ON_DEPARTMENTS, Grant, Permission, covers, has, require
from security.revocation import revoke
from security.scoping import require_tenant_id
from tenants.access import active_grant, grant_of, role_permissions
from tenants.models import Department, Membership, Role
from tenants.roles import OWNER


def lock_rights() -> None:
    """Wait for whoever is changing rights in this organisation, and keep others waiting until the transaction ends. Before any other lock."""
    Role.objects.select_for_update(no_key=True).get(slug=OWNER)


def begin_change(grant: Grant, permission: Permission) -> Grant:
    """Lock, and the part of `grant` that its member still has; Denied where that does not hold `permission`."""
    require(grant, permission)
    lock_rights()
    now = active_grant(grant.user_id, require_tenant_id(), came=grant.came)
    if now is None:
        raise Denied
    held = replace(
        grant,
        permissions=grant.permissions & now.permissions,
        department_ids=grant.department_ids & now.department_ids,
        further=grant.further & now.further,
    )
    require(held, permission)
    return held


def lock_member(grant: Grant, member: UUID) -> tuple[Grant, Membership]:
    """What the one who acts still holds, and the member, locked; Denied where that one holds what the first does not.

    The owners are locked with him, all in one order, for those who come here without changing rights. Read after that, as what was changed
    meanwhile.
    """
    held = begin_change(grant, Permission.CONFIGURATION_MEMBERS)
    owners = Role.objects.filter(slug=OWNER).values("pk")
    among = Membership.objects.filter(Q(public_id=member) | Q(role__in=owners)).order_by("pk")
    list(among.select_for_update().values_list("pk", flat=True))
    membership = Membership.objects.select_related("role", "user").filter(public_id=member).first()
    if membership is None:
        raise NotFound
    if membership.entry_id is not None:
        raise Conflict("operator_entry")  # a stay is ended as a stay; nothing lasting is made of it
    require_to_cover(held, grant_of(membership))
    return held, membership


def require_to_cover(grant: Grant, other: Grant) -> None:
    """Denied unless the one holds all that the other does."""
    if not covers(grant, other):
        raise Denied


def require_to_give(grant: Grant, role: Role, department: Department) -> frozenset[Permission]:
    """What the role gives on a department; Denied unless the giver has all of it there."""
    given = role_permissions(role) & ON_DEPARTMENTS
    if not all(has(grant, permission, department.pk) for permission in given):
        raise Denied
    return given


def newcomer(grant: Grant, role: Role) -> Grant:
    """What somebody who joins as `role` holds, as far as it is compared with `grant`: he begins in the default department."""
    first = Department.objects.filter(is_default=True).values_list("pk", flat=True)
    return replace(grant, permissions=role_permissions(role), department_ids=frozenset(first), further=frozenset())


def require_to_belong(membership: Membership) -> None:
    """Conflict("member_gone") for who was removed or whose time is over: what he was given would wait for his return."""
    if membership.expires_at is not None and membership.expires_at <= timezone.now():
        raise Conflict("member_gone")


def end_sockets_of(memberships: Iterable[Membership]) -> None:
    """Whose rights have changed comes back with what is left, or not at all."""
    for membership in memberships:
        revoke(RevocationKind.MEMBERSHIP, membership.public_id)
