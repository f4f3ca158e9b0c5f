"""Roles of the organisation's own: made, given, changed and removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from security.errors import Conflict, Denied, Invalid, NotFound
from security.permissions import Grant, Permission, has
from security.revocation import revoked_since
from security.scoping import tenant_scope
from tenants.models import DepartmentMembership, Role
from tenants.roles import ROLE_PERMISSIONS
from tenants.services import change_role
from tenants.services.rights.roles import create_role, edit_role, remove_role

from .people import Organisation
from .roles import CHATS, MANAGES, P, builtin, department, edited, made, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(acme: Organisation) -> Grant:
    """Manages people, chats in Support alone."""
    made(acme, "Manager", MANAGES)
    acme.join("mia", "manager")
    return acme.grant("mia")


def create(acme: Organisation, by: Grant, name: str = "Night shift", rights: Iterable[Permission] = CHATS) -> Role:
    with tenant_scope(acme.tenant_id):
        return create_role(grant=by, name=name, description="After eight", permissions=frozenset(rights))


def test_a_role_is_made_given_changed_and_removed(acme: Organisation) -> None:
    olga, alice = acme.grant("olga"), acme.member("alice").public_id
    role = create(acme, olga)
    with tenant_scope(acme.tenant_id):
        change_role(grant=olga, member=alice, role=role.slug)
    assert acme.grant("alice").permissions == CHATS
    edited(acme, "olga", role, CHATS | {P.CHAT_NOTE})
    assert acme.grant("alice").permissions == CHATS | {P.CHAT_NOTE}
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Conflict, match="role_in_use"):
            remove_role(grant=olga, role=role.public_id)
        remove_role(grant=olga, role=role.public_id, to=Role.objects.get(slug="agent").public_id)
        with pytest.raises(NotFound):
            remove_role(grant=olga, role=role.public_id)
    assert acme.grant("alice").role == "agent"
    told = [action for action in acme.actions() if action.startswith(("role.", "member."))]
    assert told == ["role.created", "member.role_changed", "role.changed", "member.role_changed", "role.removed"]


def test_a_second_click_makes_no_second_role(acme: Organisation) -> None:
    olga = acme.grant("olga")
    assert create(acme, olga).pk == create(acme, olga).pk
    assert acme.actions().count("role.created") == 1
    for name, rights in (("night SHIFT", {P.AUDIT_READ}), ("owner", CHATS)):
        with pytest.raises(Conflict, match="role_exists"):
            create(acme, olga, name, rights)


def test_a_role_of_ones_own_is_never_taken_for_a_built_in_one(acme: Organisation) -> None:
    made_up = create(acme, acme.grant("olga"), "Owner!")
    assert made_up.slug not in ROLE_PERMISSIONS
    assert not made_up.is_builtin


def test_nobody_makes_a_role_that_holds_more_than_he_does(acme: Organisation, mia: Grant) -> None:
    create(acme, mia)
    with pytest.raises(Denied):
        create(acme, mia, "Auditors", {P.AUDIT_READ})
    with pytest.raises(Denied):
        create(acme, acme.grant("alice"))


def test_a_right_comes_with_those_that_it_needs(acme: Organisation) -> None:
    with pytest.raises(Invalid, match="needs"):
        create(acme, acme.grant("olga"), "Blind", {P.CHAT_REPLY})
    with pytest.raises(Invalid, match="name"):
        create(acme, acme.grant("olga"), " ")


@pytest.mark.parametrize("slug", sorted(ROLE_PERMISSIONS))
def test_a_built_in_role_stays_as_it_is(acme: Organisation, slug: str) -> None:
    role, olga = builtin(acme, slug), acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Conflict, match="builtin_role"):
            edit_role(grant=olga, role=role.public_id, name="Mine", description="", permissions=CHATS)
        with pytest.raises(Conflict, match="builtin_role"):
            remove_role(grant=olga, role=role.public_id, to=Role.objects.exclude(pk=role.pk)[0].public_id)


def test_another_organisations_role_is_a_missing_one(acme: Organisation, rival: Organisation) -> None:
    theirs, own = made(rival, "Theirs", CHATS), made(acme, "Own", CHATS)
    acme.join("bob", "own")
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        for missing in (theirs.public_id, uuid4()):
            with pytest.raises(NotFound):
                edit_role(grant=olga, role=missing, name="Mine", description="", permissions=CHATS)
            with pytest.raises(NotFound):
                remove_role(grant=olga, role=missing)
            with pytest.raises(Invalid):
                remove_role(grant=olga, role=own.public_id, to=missing)


def test_who_moves_by_a_roles_end_gets_no_more_than_its_remover_has(acme: Organisation, mia: Grant) -> None:
    role, sales = made(acme, "Looker", {P.CHAT_SEE_OWN}), department(acme, "Sales")
    bob = acme.join("bob", "looker")
    admins, own = builtin(acme, "admin"), made(acme, "Chatter", CHATS)
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        remove_role(grant=mia, role=role.public_id, to=admins.public_id)
    department(acme, "Sales", "bob")
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        remove_role(grant=mia, role=role.public_id, to=own.public_id)
    with tenant_scope(acme.tenant_id):
        DepartmentMembership.objects.filter(department=sales, membership=bob).delete()
        without = replace(mia, permissions=mia.permissions - {P.CONFIGURATION_MEMBERS})
        with pytest.raises(Denied):
            remove_role(grant=without, role=role.public_id, to=own.public_id)
        remove_role(grant=mia, role=role.public_id, to=own.public_id)
    assert acme.grant("bob").role == "chatter"


def test_a_role_on_departments_moves_with_the_rest(acme: Organisation) -> None:
    role, sales, agent = made(acme, "Looker", {P.CHAT_SEE_OWN}), department(acme, "Sales"), builtin(acme, "agent")
    on(acme, "alice", role, sales)
    before = timezone.now() - timedelta(seconds=1)
    with tenant_scope(acme.tenant_id):
        remove_role(grant=acme.grant("olga"), role=role.public_id, to=agent.public_id)
    assert has(acme.grant("alice"), P.CHAT_REPLY, sales.pk)
    assert str(acme.member("alice").public_id) in {revoked.subject for revoked in revoked_since(before)}
