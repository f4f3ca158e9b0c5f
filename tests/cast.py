"""The cast of every story: Olga owns Acme, Ada administers it, Sam supervises, Alice and Bob answer, Rita reads reports, Audrey audits.

Mallory owns Rival, Max answers there; both must see nothing of Acme's. Everything is made by the services that production uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.test import Client

from security.accounts.people import create_person
from security.models import User
from security.permissions import Grant
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import Department, DepartmentMembership, Membership, Role, Tenant
from tenants.services import create_tenant
from tenants.services.sites import add_site

ACME = {
    "ada": "admin",
    "sam": "supervisor",
    "alice": "agent",
    "bob": "agent",
    "rita": "analyst",
    "audrey": "auditor",
}
RIVAL = {"max": "agent"}


@dataclass(slots=True)
class Organisation:
    """A tenant; its people are known by their first names."""

    slug: str
    tenant_id: int
    public_id: UUID
    site_key: str
    _sessions: dict[str, str] = field(default_factory=dict)

    def user(self, name: str) -> User:
        return User.objects.get(email=f"{name}@{self.slug}.example")

    def grant(self, name: str) -> Grant:
        found = active_grant(self.user(name).pk, self.tenant_id)
        assert found is not None
        return found

    def member(self, name: str) -> Membership:
        """As it is now."""
        with tenant_scope(self.tenant_id):
            return Membership.objects.select_related("role").get(user__email=f"{name}@{self.slug}.example")

    def client(self, name: str) -> Client:
        """A browser in which this person has just signed in and been shown a page."""
        client = Client()
        client.force_login(self.user(name), settings.AUTHENTICATION_BACKENDS[-1])
        client.get("/get-started/status/")
        return client

    def session(self, name: str) -> str:
        """The key of a session of this person's; the same one each time."""
        if name not in self._sessions:
            self._sessions[name] = self.client(name).cookies[settings.SESSION_COOKIE_NAME].value
        return self._sessions[name]

    def department(self, name: str) -> UUID:
        """The public id of a department."""
        with tenant_scope(self.tenant_id):
            return Department.objects.get(name=name).public_id

    def add_department(self, name: str, *people: str) -> UUID:
        """A department with these people in it, besides those that they are in."""
        with tenant_scope(self.tenant_id):
            department = Department.objects.create(name=name)
            for person in people:
                DepartmentMembership.objects.create(department=department, membership=self.member(person))
            return department.public_id

    def join(self, name: str, role: str) -> Membership:
        """A new member, in the first department."""
        return self.join_all({name: role})[0]

    def join_all(self, people: dict[str, str]) -> list[Membership]:
        """New members by name and role, in the first department; a statement for each table, since a thousand tests begin so."""
        users = [
            create_person(email=f"{name}@{self.slug}.example", full_name=name.title(), password=None, is_confirmed=True)
            for name in people
        ]
        with tenant_scope(self.tenant_id):
            roles = {role.slug: role for role in Role.objects.filter(slug__in=people.values())}
            members = Membership.objects.bulk_create(
                Membership(user=user, role=roles[role], name=name.title())
                for user, (name, role) in zip(users, people.items(), strict=True)
            )
            first = Department.objects.get(is_default=True)
            DepartmentMembership.objects.bulk_create(
                DepartmentMembership(department=first, membership=member) for member in members
            )
        return members


def organisation(slug: str, owner: str, people: dict[str, str]) -> Organisation:
    """A tenant with one site, one department and these people, by name and role."""
    user = create_person(email=f"{owner}@{slug}.example", full_name=owner.title(), password=None, is_confirmed=True)
    founded = create_tenant(slug=slug, name=slug.title(), owner=user)
    with tenant_scope(founded.tenant_id):
        site = add_site(name=slug.title(), websites=[f"https://{slug}.example"])
        public_id = Tenant.objects.get().public_id
    made = Organisation(slug, founded.tenant_id, public_id, site.key)
    made.join_all(people)
    return made


def acme() -> Organisation:
    return organisation("acme", "olga", ACME)


def rival() -> Organisation:
    return organisation("rival", "mallory", RIVAL)
