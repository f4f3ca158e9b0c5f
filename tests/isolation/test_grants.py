"""Who gets into a tenant, and that each service asks before it acts, whatever its page asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat.models import Tag
from security.audit import Action, record
from security.errors import Denied, NotFound
from security.models import AuditEvent, User
from security.permissions import Grant, Permission
from security.scoping import tenant_scope
from tenants.access import access_invitation, active_grant, digest_of, memberships_of
from tenants.models import Department, DepartmentRole, Directory, Invitation, Membership, Policy, Role
from tenants.services import departments, keys
from tenants.services.audit import mailbox, trail
from tenants.services.platform import operators
from tenants.services.rights import department_roles, roles
from tenants.services.sign_in import domains
from tenants.services.tenancy import suspend_tenant
from tests import cast
from tests.cast import Organisation

pytestmark = pytest.mark.django_db

PLATFORM = UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture
def acme() -> Organisation:
    return cast.acme()


def test_a_suspended_organisation_is_nobodys(acme: Organisation) -> None:
    olga = acme.user("olga")
    assert active_grant(olga.pk, acme.tenant_id)
    with tenant_scope(acme.tenant_id):
        suspend_tenant()
    assert memberships_of(olga) == ()
    assert active_grant(olga.pk, acme.tenant_id) is None


def test_who_is_no_member_gets_no_grant(acme: Organisation) -> None:
    rival = cast.rival()
    assert active_grant(rival.user("mallory").pk, acme.tenant_id) is None
    assert active_grant(acme.user("alice").pk, rival.tenant_id) is None
    alice = active_grant(acme.user("alice").pk, acme.tenant_id)
    assert alice is not None
    assert (alice.name, alice.role) == ("Alice", "agent")


def test_an_invitation_that_was_accepted_opens_nothing_whatever_the_directory_says(acme: Organisation) -> None:
    """Its secret is taken out of the directory as well: either would do."""
    with tenant_scope(acme.tenant_id):
        role = Role.objects.get(slug="agent")
        later = timezone.now() + timedelta(days=1)
        made = Invitation.objects.create(email="new@acme.example", role=role, expires_at=later)
        kind = Directory.Kind.INVITATION
        Directory.objects.create(kind=kind, digest=digest_of("the secret"), object_id=made.pk)
    assert access_invitation("the secret").email == "new@acme.example"
    with tenant_scope(acme.tenant_id):
        Invitation.objects.update(accepted_at=timezone.now())
    with pytest.raises(NotFound):
        access_invitation("the secret")


def _one_event() -> list[AuditEvent]:
    return list(AuditEvent.objects.order_by("seq").prefetch_related("details")[:1])


def _own_role() -> Role:
    return Role.objects.get_or_create(slug="night", name="Night", permissions=[])[0]


def _rita() -> Membership:
    """With a role on a department."""
    rita = Membership.objects.get(name="Rita")
    role, place = Role.objects.get(slug="agent"), Department.objects.get()
    DepartmentRole.objects.get_or_create(membership=rita, role=role, department=place)
    return rita


def _given(grant: Grant) -> object:
    role, place, bob = Role.objects.get(slug="supervisor"), Department.objects.get(), Membership.objects.get(name="Bob")
    return department_roles.grant_role(
        grant=grant, member=bob.public_id, department=place.public_id, role=role.public_id
    )


def _with_mailbox() -> Policy:
    policy = Policy.objects.get()
    policy.audit_checkpoint_email = "keeper@outside.example"
    return policy


def _asked_again(grant: Grant) -> None:
    _with_mailbox().save()
    mailbox.ask_mailbox_again(grant=grant, now=timezone.now())


SERVICES: dict[str, tuple[Permission, Callable[[Grant], object]]] = {
    "a department is made": (
        Permission.CONFIGURATION_DEPARTMENTS,
        lambda grant: departments.create_department(grant=grant, name="Sales", members=()),
    ),
    "a department is changed": (
        Permission.CONFIGURATION_DEPARTMENTS,
        lambda grant: departments.change_department(
            grant=grant, department=Department.objects.get(), name="Sales", members=()
        ),
    ),
    "a department becomes the default": (
        Permission.CONFIGURATION_DEPARTMENTS,
        lambda grant: departments.make_default(grant=grant, department=Department.objects.get()),
    ),
    "a role is made": (
        Permission.CONFIGURATION_ROLES,
        lambda grant: roles.create_role(grant=grant, name="Night", description="", permissions=()),
    ),
    "a role is changed": (
        Permission.CONFIGURATION_ROLES,
        lambda grant: roles.edit_role(
            grant=grant, role=_own_role().public_id, name="Late", description="", permissions=()
        ),
    ),
    "a role is removed": (
        Permission.CONFIGURATION_ROLES,
        lambda grant: roles.remove_role(grant=grant, role=_own_role().public_id),
    ),
    "a role is given on a department": (Permission.CONFIGURATION_MEMBERS, _given),
    "a role on a department is withdrawn": (
        Permission.CONFIGURATION_MEMBERS,
        lambda grant: department_roles.withdraw_role(
            grant=grant, member=_rita().public_id, held=_rita().department_roles.get().public_id
        ),
    ),
    "a mailbox for checkpoints is named": (
        Permission.CONFIGURATION_RETENTION,
        lambda grant: mailbox.change_mailbox(grant=grant, policy=_with_mailbox(), now=timezone.now()),
    ),
    "a mailbox is asked once more": (
        Permission.CONFIGURATION_RETENTION,
        _asked_again,
    ),
    "a domain is named": (
        Permission.CONFIGURATION_ACCOUNT,
        lambda grant: domains.claim_domain(grant=grant, domain="acme.example"),
    ),
    "the organisation's key is replaced": (
        Permission.CONFIGURATION_KEYS,
        lambda grant: keys.replace_key(grant=grant, now=timezone.now()),
    ),
    "the trail is read": (Permission.AUDIT_READ, lambda grant: trail.read_trail(grant=grant, events=_one_event())),
    "a history is read": (
        Permission.AUDIT_READ,
        lambda grant: trail.history_of(grant=grant, record=Department.objects.get()),
    ),
}


@pytest.mark.parametrize("act", SERVICES)
def test_a_service_refuses_who_has_every_right_but_its_own(acme: Organisation, act: str) -> None:
    permission, service = SERVICES[act]
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Denied):
            service(replace(olga, permissions=olga.permissions - {permission}))
        service(olga)


@pytest.mark.parametrize(
    "act",
    [
        "a mailbox for checkpoints is named",
        "a mailbox is asked once more",
        "a domain is named",
        "the organisation's key is replaced",
    ],
)
def test_what_outlasts_a_stay_is_the_members_own(acme: Organisation, act: str) -> None:
    """Whatever an operator who is in for a time may do otherwise."""
    _permission, service = SERVICES[act]
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        service(replace(acme.grant("olga"), entry=uuid4()))


def test_a_history_is_of_one_record(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        one, other = Tag.objects.create(name="one"), Tag.objects.create(name="other")
        record(Action.TAG_CREATED, on=one)
        record(Action.TAG_CREATED, on=other)
    with tenant_scope(acme.tenant_id):
        lines = trail.history_of(grant=acme.grant("olga"), record=one)
        assert [line.on_label for line in lines] == ["one"]


def test_operators_do_not_reach_the_platforms_own_organisation(acme: Organisation) -> None:
    oscar = User.objects.create_superuser("oscar@platform.example", None)
    assert operators.access_tenant(operator=oscar, tenant=acme.public_id).slug == "acme"
    with pytest.raises(NotFound):
        operators.access_tenant(operator=oscar, tenant=PLATFORM)
