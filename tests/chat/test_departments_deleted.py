"""What becomes of a department's conversations when it is deleted: they are in nobody's reach who was not meant to see them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chat import access
from chat.models import Conversation, RetentionChange, RetentionRule, Visitor
from security.crypto import keyring
from security.errors import Conflict, Denied, NotFound
from security.models import AuditEvent, KeySubject
from security.permissions import Permission
from security.scoping import tenant_scope
from tenants.access import role_permissions
from tenants.models import Department, Membership, Role, Site
from tenants.services.departments import delete_department, make_default, put_in_departments
from tests import cast
from tests.cast import Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organisation:
    """With a department for complaints, in which nobody answers but Sam."""
    keyring.forget_everything()
    acme = cast.acme()
    acme.add_department("Complaints", "sam")
    with tenant_scope(acme.tenant_id):
        site, complaints = Site.objects.get(), Department.objects.get(name="Complaints")
        row = Conversation.objects.create(
            site=site, visitor=Visitor.objects.create(site=site), status="closed", department=complaints
        )
        keyring.data_key(KeySubject.CONVERSATION, row.public_id)
    return acme


def test_they_go_to_the_default_department_and_to_nobody_else(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        bob = Membership.objects.get(name="Bob")
        put_in_departments(bob, [])
    olga, bobs = acme.grant("olga"), acme.grant("bob")
    with tenant_scope(acme.tenant_id):
        conversation = Conversation.objects.get().public_id
        delete_department(grant=olga, department=Department.objects.get(name="Complaints"))
        department = Conversation.objects.select_related("department").get().department
        assert department is not None
        assert department.is_default
        with pytest.raises(NotFound):
            access.access_conversation(bobs, conversation)


@pytest.mark.parametrize(
    ("where", "begins", "may"),
    [("Support", None, False), ("Team", "Team", False), ("Complaints", None, True)],
    ids=["he answers in the default one", "he makes his own the default one", "he saw them before"],
)
def test_nobody_lets_himself_see_them_by_deleting_it(
    acme: Organisation, where: str, begins: str | None, may: bool
) -> None:
    acme.add_department("Team")
    with tenant_scope(acme.tenant_id):
        rights = role_permissions(Role.objects.get(slug="agent")) | {Permission.CONFIGURATION_DEPARTMENTS}
        lead = Role.objects.create(slug="lead", name="Lead", permissions=sorted(rights))
        Membership.objects.filter(name="Bob").update(role=lead)
        put_in_departments(Membership.objects.get(name="Bob"), [Department.objects.get(name=where)])
    bob = acme.grant("bob")
    with tenant_scope(acme.tenant_id):
        conversation, complaints = Conversation.objects.get().public_id, Department.objects.get(name="Complaints")
        if begins is not None:
            make_default(grant=bob, department=Department.objects.get(name=begins))
        if may:
            delete_department(grant=bob, department=complaints)
            return
        with pytest.raises(Denied):
            delete_department(grant=bob, department=complaints)
        with pytest.raises(NotFound):
            access.access_conversation(bob, conversation)


DAY = datetime(2026, 11, 30, tzinfo=UTC)


def rule_for(department: Department | None, months: int, *, waits: bool = False) -> None:
    if waits:
        RetentionChange.objects.create(
            department=department, primary_months=months, afterwards="archive", asked_at=DAY, due_at=DAY
        )
    else:
        RetentionRule.objects.create(department=department, primary_months=months)


@pytest.mark.parametrize("waits", [False, True])
def test_none_is_deleted_to_keep_its_conversations_less_long(acme: Organisation, waits: bool) -> None:
    """Else whoever may delete departments shortens what takes a typed name and a week otherwise."""
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        complaints, default = Department.objects.get(name="Complaints"), Department.objects.get(is_default=True)
        rule_for(default, 1, waits=waits)
        with pytest.raises(Conflict, match="department_kept_longer"):
            delete_department(grant=olga, department=complaints)
    with tenant_scope(acme.tenant_id):
        assert Conversation.objects.get().department == complaints


def test_one_in_which_nobody_ever_wrote_is_deleted_whatever_the_rules(acme: Organisation) -> None:
    olga, empty = acme.grant("olga"), acme.add_department("Empty")
    with tenant_scope(acme.tenant_id):
        rule_for(Department.objects.get(is_default=True), 1)
        delete_department(grant=olga, department=Department.objects.get(public_id=empty))
        assert not Department.objects.filter(public_id=empty).exists()


def test_what_waits_for_one_that_is_deleted_is_undone_and_the_trail_says_so(acme: Organisation) -> None:
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        complaints = Department.objects.get(name="Complaints")
        rule_for(complaints, 1, waits=True)
        change = RetentionChange.objects.get().public_id
        delete_department(grant=olga, department=complaints)
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.get(action="retention.change_undone")
        assert str(change) in event.entry
        assert not RetentionChange.objects.exists()


def test_one_with_a_rule_for_retention_is_not_deleted(acme: Organisation) -> None:
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        complaints = Department.objects.get(name="Complaints")
        rule_for(complaints, 1)
        with pytest.raises(Conflict, match="department_in_use"):
            delete_department(grant=olga, department=complaints)
    with tenant_scope(acme.tenant_id):
        assert Department.objects.filter(name="Complaints").exists()
