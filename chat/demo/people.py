"""Organisations and people of the demo, always the same."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from chat.demo import fixed_id
from security.accounts.people import confirm_email, create_person
from security.context import Actor, ActorKind, acting
from security.models import User
from security.permissions import Permission
from security.scoping import tenant_ids, tenant_scope
from tenants.models import Department, DepartmentMembership, DepartmentRole, Membership, Policy, Role, Site, Tenant
from tenants.services.founding import create_tenant
from tenants.services.sites import add_site


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    role: str
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnRole:
    """One that the organisation made for itself."""

    slug: str
    name: str
    description: str
    permissions: tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    """The first person owns it."""

    slug: str
    name: str
    site_key: str
    website: str
    greeting: str
    color: str
    departments: tuple[str, ...]
    people: tuple[Person, ...]
    roles: tuple[OwnRole, ...] = ()
    on_departments: tuple[tuple[str, str, str], ...] = ()
    """Whose further role holds in which department: address, role, department."""


ACME = Organisation(
    slug="acme",
    name="Acme",
    site_key="pk_demo_acme",
    website="https://shop.acme.example",
    greeting="Hi! Ask us anything about the things we make, an order or a delivery.",
    color="#1f6f54",
    departments=("Support", "Sales"),
    people=(
        Person("olga@acme.example", "Olga", "owner", ("Support", "Sales")),
        Person("ada@acme.example", "Ada", "admin"),
        Person("sam@acme.example", "Sam", "supervisor", ("Support", "Sales")),
        Person("alice@acme.example", "Alice", "agent", ("Support", "Sales")),
        Person("bob@acme.example", "Bob", "agent", ("Support", "Sales")),
        Person("nina@acme.example", "Nina", "night-desk", ("Support",)),
        Person("rita@acme.example", "Rita", "analyst"),
        Person("audrey@acme.example", "Audrey", "auditor"),
    ),
    roles=(
        OwnRole(
            "night-desk",
            "Night desk",
            "Takes and answers what comes at night, and leaves the rest to the day.",
            (
                Permission.CHAT_SEE_QUEUE,
                Permission.CHAT_TAKE,
                Permission.CHAT_SEE_OWN,
                Permission.CHAT_SEE_DEPARTMENT,
                Permission.CHAT_REPLY,
                Permission.CHAT_NOTE,
                Permission.CHAT_TRANSFER,
                Permission.CHAT_CLOSE,
                Permission.REPORTS_OWN,
            ),
        ),
    ),
    on_departments=(("bob@acme.example", "supervisor", "Sales"),),
)
RIVAL = Organisation(
    slug="rival",
    name="Rival",
    site_key="pk_demo_rival",
    website="https://www.rival.example",
    greeting="Welcome to Rival. How can we help?",
    color="#7a3fb0",
    departments=("Support",),
    people=(
        Person("mallory@rival.example", "Mallory", "owner", ("Support",)),
        Person("max@rival.example", "Max", "agent", ("Support",)),
    ),
)
ORGANISATIONS = (ACME, RIVAL)
OPERATOR = Person("oscar@platform.example", "Oscar", "operator")
EMAILS = (*(person.email for found in ORGANISATIONS for person in found.people), OPERATOR.email)


def seed_people(organisation: Organisation, *, password: str, site_url: str) -> int:
    """Make the organisation and whoever is missing in it; its tenant's number. Outside any scope."""
    users = {person.email: _user(person, password) for person in organisation.people}
    owner = users[organisation.people[0].email]
    tenant_id = _tenant(organisation, owner)
    # As in a real organisation, whose owner sets it up.
    by_owner = Actor(ActorKind.PERSON, id=str(owner.public_id), name=owner.full_name, role="owner", user_id=owner.pk)
    with acting(actor=by_owner), tenant_scope(tenant_id):
        departments = {
            name: Department.objects.get_or_create(
                name=name, defaults={"public_id": fixed_id(organisation.slug, "department", name)}
            )[0]
            for name in organisation.departments
        }
        _roles(organisation)
        members = {
            person.email: _member(organisation, person, users[person.email], departments)
            for person in organisation.people
        }
        for email, slug, name in organisation.on_departments:
            role = Role.objects.get(slug=slug)
            DepartmentRole.objects.get_or_create(membership=members[email], role=role, department=departments[name])
        _site(organisation, site_url)
        Policy.objects.update(session_idle_minutes=480)
    return tenant_id


def seed_operator(*, password: str) -> None:
    """Oscar, who runs the platform and belongs to no organisation."""
    user = _user(OPERATOR, password)
    if not user.is_operator:
        user.is_operator = True
        user.save(update_fields=["is_operator"])


def switch_accounts(*, is_active: bool) -> int:
    """Let the demo's people in, or keep them out; how many that changed."""
    return User.objects.filter(email__in=EMAILS).exclude(is_active=is_active).update(is_active=is_active)


def _user(person: Person, password: str) -> User:
    user = User.objects.filter(email=person.email).first()
    if user is None:
        user = create_person(email=person.email, full_name=person.name, password=password, is_confirmed=True)
        User.objects.filter(pk=user.pk).update(public_id=fixed_id("person", person.email))
        user.refresh_from_db()
        confirm_email(user)
    return user


def keep_password(password: str) -> None:
    """Give everybody the password of the setting, where it has changed; one person's tells for all, since each check costs as a sign-in does."""
    known = User.objects.filter(email__in=EMAILS)
    first = known.filter(email=OPERATOR.email).first()
    if first is None or first.check_password(password):
        return
    for user in known:
        user.set_password(password)
        user.save(update_fields=["password", "password_changed_at", "must_change_password"])


def _tenant(organisation: Organisation, owner: User) -> int:
    for tenant_id in tenant_ids():
        with tenant_scope(tenant_id):
            if Tenant.objects.filter(slug=organisation.slug).exists():
                return tenant_id
    founded = create_tenant(slug=organisation.slug, name=organisation.name, owner=owner)
    with tenant_scope(founded.tenant_id):
        Tenant.objects.update(public_id=fixed_id("tenant", organisation.slug), time_zone="Europe/Vienna")
        Membership.objects.filter(pk=founded.membership_id).update(public_id=fixed_id(organisation.slug, owner.email))
    return founded.tenant_id


def _roles(organisation: Organisation) -> None:
    for role in organisation.roles:
        values = {"name": role.name, "description": role.description, "permissions": sorted(role.permissions)}
        public_id = fixed_id(organisation.slug, "role", role.slug)
        Role.objects.get_or_create(slug=role.slug, defaults={**values, "public_id": public_id})


def _member(organisation: Organisation, person: Person, user: User, departments: dict[str, Department]) -> Membership:
    membership, _ = Membership.objects.get_or_create(
        user=user,
        defaults={
            "role": Role.objects.get(slug=person.role),
            "name": person.name,
            "public_id": fixed_id(organisation.slug, person.email),
        },
    )
    for name in person.departments:
        DepartmentMembership.objects.get_or_create(department=departments[name], membership=membership)
    return membership


@transaction.atomic
def _site(organisation: Organisation, site_url: str) -> None:
    """The demo shop runs on the platform's own address, which is another one on another port."""
    site = Site.objects.filter(key=organisation.site_key).first()
    if site is None:
        add_site(name=organisation.name, websites=[organisation.website, site_url], key=organisation.site_key)
        site = Site.objects.get(key=organisation.site_key)
        site.public_id = fixed_id(organisation.slug, "site")
        site.greeting, site.brand_color = organisation.greeting, organisation.color
    site.allowed_origins = sorted({*site.allowed_origins, site_url})
    site.save(update_fields=["public_id", "greeting", "brand_color", "allowed_origins"])
