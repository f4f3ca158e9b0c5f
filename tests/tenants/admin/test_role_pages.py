"""Roles, the matrix and a member's roles on departments, as their pages make and show them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from security.permissions import Permission, has
from security.scoping import tenant_scope
from tenants.models import Department, DepartmentRole, Membership, Role
from tenants.permissions import TABLE
from tenants.roles import ROLE_PERMISSIONS

from ..people import Organisation
from .pages import Browse, errors_of, text_of

As = Callable[[str], Browse]

pytestmark = pytest.mark.django_db
CHATS = ["chat.see_own", "chat.reply"]


def role(house: Organisation, slug: str) -> Role:
    with tenant_scope(house.tenant_id):
        return Role.objects.get(slug=slug)


def test_a_role_is_made_changed_and_removed(house: Organisation, as_: As) -> None:
    olga = as_("olga")
    assert olga.post("role_add", name="Night shift", description="After eight", chat=CHATS).status_code == 302
    night = role(house, "night-shift")
    assert night.permissions == sorted(CHATS)
    page = text_of(olga.get("role_change", night.public_id))
    assert re.search(r'value="chat.reply"[^>]*checked', page)
    assert not re.search(r'value="chat.note"[^>]*checked', page)
    changed = olga.post("role_change", night.public_id, name="Late shift", description="", chat=[*CHATS, "chat.note"])
    assert changed.status_code == 302
    assert role(house, "night-shift").name == "Late shift"
    with tenant_scope(house.tenant_id):
        Membership.objects.filter(pk=house.member("alice").pk).update(role=night)
    assert "is required" in errors_of(olga.post("role_remove", night.public_id))
    gone = olga.post("role_remove", night.public_id, to=str(role(house, "agent").public_id))
    assert gone.status_code == 302
    assert house.member("alice").role.slug == "agent"
    assert [name for name in house.actions() if name.startswith("role.")] == [
        "role.created",
        "role.changed",
        "role.removed",
    ]


def test_what_is_wrong_is_said_with_what_to_do(house: Organisation, as_: As) -> None:
    olga = as_("olga")
    refused = olga.post("role_add", name="Blind", chat=["chat.reply"])
    assert "“Reply” needs “See own conversations”" in errors_of(refused)
    assert "exists already" in errors_of(olga.post("role_add", name="AGENT", chat=CHATS))
    assert "no web or e-mail address" in errors_of(olga.post("role_add", name="See https://evil.example", chat=CHATS))
    assert "role.created" not in house.actions()


def test_nobody_is_offered_what_he_does_not_hold(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    assert 'value="configuration.account"' not in text_of(ada.get("role_add"))
    refused = ada.post("role_add", name="Owners", configuration=["configuration.account"])
    assert "Select a valid choice" in errors_of(refused)
    with tenant_scope(house.tenant_id):
        keys = Role.objects.create(slug="keys", name="Keys", permissions=["configuration.keys"])
    assert 'name="name"' not in text_of(ada.get("role_change", keys.public_id))
    assert ada.get("role_remove", keys.public_id).status_code == 403


def test_a_role_starts_from_another(house: Organisation, as_: As) -> None:
    page = text_of(as_("olga").get("role_add", query=f"?from={role(house, 'agent').public_id}"))
    ticked = set(re.findall(r'value="([a-z_.]+)"[^>]*checked', page))
    assert ticked == {permission.value for permission in ROLE_PERMISSIONS["agent"]}
    assert as_("olga").get("role_add", query="?from=nonsense").status_code == 200


def test_a_built_in_role_is_looked_at(house: Organisation, as_: As) -> None:
    page = text_of(as_("olga").get("role_change", role(house, "agent").public_id))
    assert "Write to visitors" in page
    assert 'name="name"' not in page


def test_the_list_of_roles_takes_the_same_queries_for_any_number(
    house: Organisation, as_: As, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    olga = as_("olga")
    with tenant_scope(house.tenant_id):
        for number in range(20):
            Role.objects.create(slug=f"r{number}", name=f"Role {number}", permissions=CHATS)
    olga.get("role_changelist")
    with django_assert_max_num_queries(24):
        assert "Role 19" in text_of(olga.get("role_changelist"))


def test_the_matrix_shows_every_right_and_every_role(house: Organisation, as_: As) -> None:
    with tenant_scope(house.tenant_id):
        Role.objects.create(slug="night", name="Night shift", permissions=CHATS)
    page = text_of(as_("olga").get("permissions", app=""))
    rows = re.findall(r'<th scope="row">.*?</tr>', page, re.DOTALL)
    assert len(rows) == len(Permission)
    columns = [*ROLE_PERMISSIONS.values(), frozenset(Permission(name) for name in CHATS)]
    for row, entry in zip(rows, TABLE.values(), strict=True):
        cells = re.findall(r"<td.*?</td>", row, re.DOTALL)[: len(columns)]
        assert [">yes<" in cell for cell in cells] == [entry.permission in held for held in columns], entry.permission
    assert "Night shift" in page


def test_who_may_do_this_is_said_by_name_and_place(house: Organisation, as_: As) -> None:
    with tenant_scope(house.tenant_id):
        sales = Department.objects.create(name="Sales")
        supervisor = Role.objects.get(slug="supervisor")
        DepartmentRole.objects.create(membership=house.member("alice"), department=sales, role=supervisor)
    page = text_of(as_("ada").get("permission", "chat.watch", app=""))
    body = page[page.index("<tbody>") :]
    assert ["Sales: Supervisor" in row for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL) if "Alice" in row] == [
        True
    ]
    assert [name for name in ("Olga", "Ada", "Sam", "Alice") if f">{name}<" in body] == ["Olga", "Ada", "Sam", "Alice"]
    assert ">Rita<" not in body
    assert as_("ada").get("permission", "chat.fly", app="").status_code == 404


def test_a_role_on_a_department_is_given_and_withdrawn(house: Organisation, as_: As) -> None:
    ada, alice = as_("ada"), house.member("alice").public_id
    with tenant_scope(house.tenant_id):
        sales = Department.objects.create(name="Sales")
    supervisor = str(role(house, "supervisor").public_id)
    given = ada.post("membership_roles", alice, department=str(sales.public_id), role=supervisor)
    assert given.status_code == 302
    assert has(house.grant("alice"), Permission.CHAT_WATCH, sales.pk)
    assert "Sales: Supervisor" in text_of(ada.get("membership_changelist"))
    with tenant_scope(house.tenant_id):
        held = DepartmentRole.objects.get().public_id
    for _ in range(2):
        assert ada.post("membership_withdraw_role", alice, held).status_code == 302
    assert house.grant("alice").further == frozenset()
    assert house.actions().count("member.role_withdrawn") == 1
    olga = house.member("olga").public_id
    assert ada.get("membership_roles", olga).status_code == 403
    assert ada.post("membership_roles", olga, department=str(sales.public_id), role=supervisor).status_code == 403


def test_a_role_with_nothing_for_a_department_is_not_offered(house: Organisation, as_: As) -> None:
    page = text_of(as_("olga").get("membership_roles", house.member("alice").public_id))
    assert str(role(house, "auditor").public_id) not in page
    assert str(role(house, "agent").public_id) in page
