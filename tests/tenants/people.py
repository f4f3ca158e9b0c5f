"""Two organisations with their people, made as they are made in production."""

from __future__ import annotations

from dataclasses import dataclass

from security.accounts.people import create_person
from security.models import AuditEvent, User
from security.permissions import Grant
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import Department, DepartmentMembership, Membership, Role
from tenants.services import create_tenant
from tenants.services.sites import add_site

PASSWORD = "only-for-these-tests-battery"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A tenant; people are known by their first names."""

    tenant_id: int
    slug: str
    site_key: str

    def grant(self, name: str) -> Grant:
        found = active_grant(self.user(name).pk, self.tenant_id)
        assert found is not None
        return found

    def user(self, name: str) -> User:
        return User.objects.get(email=f"{name}@{self.slug}.example")

    def member(self, name: str) -> Membership:
        """As it is now, with its role."""
        with tenant_scope(self.tenant_id):
            return Membership.objects.select_related("role", "user").get(user__email=f"{name}@{self.slug}.example")

    def join(self, name: str, role: str) -> Membership:
        """A new person with a confirmed address becomes a member."""
        user = person(f"{name}@{self.slug}.example", name.title())
        with tenant_scope(self.tenant_id):
            membership = Membership.objects.create(user=user, role=Role.objects.get(slug=role), name=name.title())
            DepartmentMembership.objects.create(
                department=Department.objects.get(is_default=True), membership=membership
            )
        return membership

    def actions(self) -> list[str]:
        """What the organisation's trail says was done, in order."""
        return trail(self.tenant_id)


def person(email: str, full_name: str) -> User:
    """Somebody whose address is confirmed."""
    return create_person(email=email, full_name=full_name, password=PASSWORD, is_confirmed=True)


def operator(name: str) -> User:
    """Somebody who works for the platform and belongs to no organisation."""
    made = person(f"{name}@platform.example", name.title())
    made.is_operator = True
    made.save(update_fields=["is_operator"])
    return made


def organisation(slug: str, owner: str) -> Organisation:
    """A tenant with a site and its owner."""
    user = person(f"{owner}@{slug}.example", owner.title())
    founded = create_tenant(slug=slug, name=slug.title(), owner=user)
    with tenant_scope(founded.tenant_id):
        site = add_site(name=slug.title(), websites=[f"https://{slug}.example"])
    return Organisation(founded.tenant_id, slug, site.key)


def trail(tenant_id: int) -> list[str]:
    """The actions in one tenant's trail, in order."""
    with tenant_scope(tenant_id):
        return [event.action for event in AuditEvent.objects.order_by("seq")]
