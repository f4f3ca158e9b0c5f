"""Roles and departments of the stories about giving rights."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from security.permissions import Permission
from security.scoping import tenant_scope
from tenants.models import Department, DepartmentMembership, Role
from tenants.services.rights.department_roles import grant_role
from tenants.services.rights.roles import edit_role

from .people import Organisation

P = Permission
CHATS = frozenset({P.CHAT_SEE_OWN, P.CHAT_SEE_DEPARTMENT, P.CHAT_REPLY})
MANAGES = CHATS | {P.CONFIGURATION_MEMBERS, P.CONFIGURATION_ROLES, P.CONFIGURATION_DEPARTMENTS}


def made(acme: Organisation, name: str, rights: Iterable[Permission]) -> Role:
    """A role of Acme's own."""
    with tenant_scope(acme.tenant_id):
        return Role.objects.create(slug=name.lower(), name=name, permissions=sorted(rights))


def builtin(acme: Organisation, slug: str) -> Role:
    with tenant_scope(acme.tenant_id):
        return Role.objects.get(slug=slug)


def department(acme: Organisation, name: str, *people: str) -> Department:
    members = [acme.member(one) for one in people]
    with tenant_scope(acme.tenant_id):
        found, _ = Department.objects.get_or_create(name=name)
        for one in members:
            DepartmentMembership.objects.get_or_create(department=found, membership=one)
        return found


def on(acme: Organisation, who: str, role: Role, place: Department, by: str = "olga") -> UUID:
    grant, member = acme.grant(by), acme.member(who).public_id
    with tenant_scope(acme.tenant_id):
        row = grant_role(grant=grant, member=member, department=place.public_id, role=role.public_id)
        return row.public_id


def edited(acme: Organisation, by: str, role: Role, rights: Collection[Permission]) -> None:
    grant = acme.grant(by)
    with tenant_scope(acme.tenant_id):
        edit_role(grant=grant, role=role.public_id, name=role.name, description="", permissions=rights)
