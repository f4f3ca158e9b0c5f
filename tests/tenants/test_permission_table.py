"""The table of permissions against the code that asks for them, and cell by cell against another one that was written by hand."""

from __future__ import annotations

import ast
from typing import Final

import pytest

from security.permissions import ON_DEPARTMENTS, Permission, has
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import Department, DepartmentRole, Membership, Role
from tenants.permissions import TABLE, TIERS, entries_of, unmet
from tenants.roles import ROLE_PERMISSIONS
from tests import cast
from tests.cast import Organisation
from tests.sources import PROJECT, modules

pytestmark = pytest.mark.django_db

TABLES: Final = {"security/permissions.py", "tenants/permissions.py", "tenants/roles.py", "tenants/second_factor.py"}
"""Where rights are named without being asked for."""

TRUTH: Final = """
chat.see_queue                  O A S G . .  d
chat.take                       O A S G . .  d
chat.see_own                    O A S G . .  d
chat.see_department             O A S G . .  d
chat.see_all                    O A S . . .  d
chat.reply                      O A S G . .  d
chat.note                       O A S G . .  d
chat.transfer                   O A S G . .  d
chat.close                      O A S G . .  d
chat.reopen                     O A S G . .  d
chat.watch                      O A S . . .  d
chat.tag                        O A S G . .  d
chat.block_visitor              O A S . . .  -
chat.see_contact                O A S G . .  d
chat.export_transcript          O A S . . .  d
chat.mail_transcript            O A S . . .  d
configuration.account           O . . . . .  -
configuration.keys              O . . . . .  -
configuration.sites             O A . . . .  -
configuration.branding          O A . . . .  -
configuration.departments       O A . . . .  -
configuration.business_hours    O A S . . .  -
configuration.canned_responses  O A S . . .  -
configuration.tags              O A S . . .  -
configuration.chat              O A . . . .  -
configuration.masking           O A . . . .  -
configuration.retention         O A . . . .  -
configuration.storage           O A . . . .  -
configuration.members           O A . . . .  -
configuration.roles             O A . . . .  -
configuration.passwords         O A . . . .  -
configuration.security          O A . . . .  -
configuration.api_tokens        O A . . . .  -
configuration.webhooks          O A . . . .  -
reports.own                     O A S G N .  -
reports.department              O A S . N .  d
reports.all                     O A S . N .  d
reports.export                  O A S . N .  d
audit.read                      O A . . . U  -
audit.export                    O A . . . U  -
audit.verify                    O A . . . U  -
audit.export_visitor            O A . . . .  -
audit.erase_visitor             O A . . . .  -
audit.legal_hold                O A . . . .  -
"""
"""By whom it is held for the organisation, and whether it is held on a department (d) by a role that is given there."""
ROLES: Final = {"O": "owner", "A": "admin", "S": "supervisor", "G": "agent", "N": "analyst", "U": "auditor"}
LOCAL: Final = {("G", "chat"), ("G", "reports")}
"""Who has rights of a tier in his own departments alone; owners, administrators, supervisors and analysts see all."""


def rows() -> dict[str, tuple[str, bool]]:
    """Of the table above: the letters of the roles, and whether it can be given on a department."""
    lines = [line.split() for line in TRUTH.strip().splitlines()]
    return {name: ("".join(letters).replace(".", ""), place == "d") for name, *letters, place in lines}


def reaches(letter: str, name: str, place: str) -> bool:
    """What the table means in a place: the organisation, one's own department, another, another organisation's."""
    letters, _ = rows()[name]
    if letter not in letters:
        return False
    is_bound = (letter, name.partition(".")[0]) in LOCAL
    return place in {"tenant", "own"} or not is_bound


@pytest.fixture
def acme() -> Organisation:
    return cast.acme()


def departments(of: Organisation) -> dict[str, int]:
    """Support, where the cast answers, and Sales, where nobody does."""
    of.add_department("Sales")
    with tenant_scope(of.tenant_id):
        return {"own": Department.objects.get(is_default=True).pk, "other": Department.objects.get(name="Sales").pk}


def test_the_hand_written_table_names_every_right_there_is() -> None:
    assert list(rows()) == [permission.value for permission in Permission]


@pytest.mark.parametrize("letter", ROLES)
def test_each_cell_of_a_built_in_role(acme: Organisation, letter: str) -> None:
    people = {"O": "olga", "A": "ada", "S": "sam", "G": "alice", "N": "rita", "U": "audrey"}
    places, grant = departments(acme), acme.grant(people[letter])
    for name in rows():
        assert has(grant, name) == reaches(letter, name, "tenant"), name
        for place, department in places.items():
            assert has(grant, name, department) == reaches(letter, name, place), (name, place)


@pytest.mark.parametrize("letter", ROLES)
def test_each_cell_of_a_role_on_a_department(acme: Organisation, letter: str) -> None:
    """Rita, whose own role was taken away as far as it goes, has this one in Sales: as if Sales were the organisation, and nowhere else."""
    places = departments(acme)
    with tenant_scope(acme.tenant_id):
        nothing = Role.objects.create(slug="nothing", name="Nothing")
        rita = Membership.objects.get(user__email="rita@acme.example")
        Membership.objects.filter(pk=rita.pk).update(role=nothing)
        role = Role.objects.get(slug=ROLES[letter])
        DepartmentRole.objects.create(membership=rita, role=role, department_id=places["other"])
    grant = acme.grant("rita")
    for name, (letters, is_on_departments) in rows().items():
        assert not has(grant, name), name
        assert not has(grant, name, places["own"]), name
        assert has(grant, name, places["other"]) == (letter in letters and is_on_departments), name


def test_each_cell_of_a_role_of_ones_own(acme: Organisation) -> None:
    """Every right alone, for the organisation: in one's own department and, but for what is bound to departments, in any."""
    places = departments(acme)
    with tenant_scope(acme.tenant_id):
        role = Role.objects.create(slug="one", name="One")
        Membership.objects.filter(user__email="rita@acme.example").update(role=role)
    unbound = {"chat.see_all", "reports.all"}
    for name in rows():
        with tenant_scope(acme.tenant_id):
            Role.objects.filter(pk=role.pk).update(permissions=[name])
        grant = acme.grant("rita")
        assert {other for other in rows() if has(grant, other)} == {name}
        assert has(grant, name, places["own"])
        is_bound = name.startswith(("chat.", "reports.")) and name not in unbound
        assert has(grant, name, places["other"]) != is_bound, name


def test_nothing_of_it_holds_in_another_organisation(acme: Organisation) -> None:
    """Who belongs to both has in each what that one gives; a department of the other has a key of its own."""
    rival = cast.rival()
    with tenant_scope(rival.tenant_id):
        theirs = Department.objects.get().pk
        Membership.objects.create(user=acme.user("alice"), role=Role.objects.get(slug="auditor"), name="Alice")
    with tenant_scope(acme.tenant_id):
        place, role = Department.objects.get(), Role.objects.get(slug="supervisor")
        DepartmentRole.objects.create(membership=acme.member("alice"), role=role, department=place)
    here, there = (active_grant(acme.user("alice").pk, of.tenant_id) for of in (acme, rival))
    assert here is not None
    assert there is not None
    for name, (letters, is_on_departments) in rows().items():
        assert has(there, name) == ("U" in letters), name
        assert has(here, name, place.pk) == ("G" in letters or (is_on_departments and "S" in letters)), name
        assert not (is_on_departments and has(here, name, theirs)), name
    assert there.further == frozenset()


def test_every_right_has_its_words() -> None:
    assert set(TABLE) == set(Permission)
    assert len(TABLE) >= 40
    assert [entry.permission for tier in TIERS for entry in entries_of(tier)] == list(TABLE)
    names = [str(entry.name) for entry in TABLE.values()]
    assert len(set(names)) == len(names)
    assert all(str(entry.sentence).endswith(".") for entry in TABLE.values())
    assert {name for name, (_, is_on) in rows().items() if is_on} == {right.value for right in ON_DEPARTMENTS}


@pytest.mark.parametrize("role", sorted(ROLE_PERMISSIONS))
def test_a_built_in_role_holds_what_its_rights_need(role: str) -> None:
    assert unmet(ROLE_PERMISSIONS[role]) == []


def test_what_a_right_needs_needs_nothing_of_another_kind() -> None:
    """A role on a department is cut down to what can be held there: nothing of it may hang on what is cut off."""
    for entry in TABLE.values():
        if entry.is_on_departments and entry.permission.tier == "chat":
            assert set(entry.needs) <= ON_DEPARTMENTS


def test_each_right_is_asked_for_somewhere_or_said_to_give_nothing_yet() -> None:
    """Whoever builds what asks for a right takes its `not_yet` out of tenants/permissions.py."""
    asked = {name for module in modules() if module not in TABLES for name in _named_in(module)}
    not_yet = {entry.permission.name for entry in TABLE.values() if entry.not_yet}
    assert asked == set(Permission.__members__) - not_yet


def _named_in(module: str) -> set[str]:
    tree = ast.parse((PROJECT / module).read_text())
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Permission"
    }
