"""Who gives what to whom: nobody what he does not have, nobody to himself, nobody by way of a role, a department or an old promise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from security.errors import Conflict, Denied, Invalid, NotFound
from security.permissions import Grant, has
from security.scoping import tenant_scope
from tenants.access import InvitationRef, active_grant
from tenants.models import Department, Invitation, Membership, MembershipStatus
from tenants.permissions import TABLE
from tenants.services import accept_invitation, change_role, invite_member, remove_member, resume_member
from tenants.services.departments import change_department, create_department, delete_department, make_default
from tenants.services.people.members import change_member
from tenants.services.rights.department_roles import grant_role, withdraw_role
from tenants.services.rights.roles import create_role

from .people import Organisation, person
from .roles import CHATS, MANAGES, P, builtin, department, edited, made, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(acme: Organisation) -> Grant:
    """Manages people, chats in Support alone."""
    made(acme, "Manager", MANAGES)
    acme.join("mia", "manager")
    return acme.grant("mia")


# -- a role on a department ------------------------------------------------------------------------------------------------------


def test_a_role_on_a_department_gives_there_what_can_be_held_there(acme: Organisation) -> None:
    sales, support = department(acme, "Sales"), department(acme, "Support")
    held = on(acme, "alice", builtin(acme, "supervisor"), sales)
    alice = acme.grant("alice")
    assert has(alice, P.CHAT_WATCH, sales.pk)
    assert has(alice, P.CHAT_SEE_ALL, sales.pk)
    assert not has(alice, P.CHAT_WATCH, support.pk)
    assert not has(alice, P.CONFIGURATION_TAGS)
    assert {permission for _, permission in alice.further} <= {
        entry.permission for entry in TABLE.values() if entry.is_on_departments
    }
    with tenant_scope(acme.tenant_id):
        withdraw_role(grant=acme.grant("olga"), member=acme.member("alice").public_id, held=held)
    assert acme.grant("alice").further == frozenset()
    assert acme.actions()[-2:] == ["member.role_granted", "member.role_withdrawn"]


def test_given_twice_it_is_held_once(acme: Organisation) -> None:
    sales = department(acme, "Sales")
    first = on(acme, "alice", builtin(acme, "supervisor"), sales)
    assert on(acme, "alice", builtin(acme, "supervisor"), sales) == first
    assert acme.actions().count("member.role_granted") == 1
    olga, alice = acme.grant("olga"), acme.member("alice").public_id
    with tenant_scope(acme.tenant_id):
        withdraw_role(grant=olga, member=alice, held=first)
        with pytest.raises(Conflict, match="not_held"):
            withdraw_role(grant=olga, member=alice, held=first)
    assert acme.actions().count("member.role_withdrawn") == 1


def test_a_role_without_anything_for_a_department_is_not_given_on_one(acme: Organisation) -> None:
    with pytest.raises(Conflict, match="nothing_on_departments"):
        on(acme, "alice", builtin(acme, "auditor"), department(acme, "Sales"))


def test_who_may_not_manage_members_gives_nothing(acme: Organisation) -> None:
    with pytest.raises(Denied):
        on(acme, "alice", builtin(acme, "supervisor"), department(acme, "Sales"), by="alice")


def test_nobody_gives_on_a_department_what_he_does_not_have_there(acme: Organisation, mia: Grant) -> None:
    sales, support, agents = department(acme, "Sales"), department(acme, "Support"), made(acme, "Chatter", CHATS)
    acme.join("bob", "chatter")
    with pytest.raises(Denied):
        on(acme, "bob", agents, sales, by="mia")
    on(acme, "bob", agents, support, by="mia")


def test_another_organisations_department_and_role_are_missing(acme: Organisation, rival: Organisation) -> None:
    theirs, sales = department(rival, "Theirs"), department(acme, "Sales")
    role, foreign = builtin(acme, "agent"), builtin(rival, "agent")
    olga, alice, mallory = acme.grant("olga"), acme.member("alice").public_id, rival.member("mallory").public_id
    with tenant_scope(acme.tenant_id):
        for place, what in ((theirs, role), (sales, foreign)):
            with pytest.raises(Invalid):
                grant_role(grant=olga, member=alice, department=place.public_id, role=what.public_id)
        with pytest.raises(NotFound):
            grant_role(grant=olga, member=mallory, department=sales.public_id, role=role.public_id)


def test_a_department_that_goes_takes_its_roles_along(acme: Organisation) -> None:
    sales = department(acme, "Sales")
    on(acme, "alice", builtin(acme, "supervisor"), sales)
    with tenant_scope(acme.tenant_id):
        delete_department(grant=acme.grant("olga"), department=sales)
    assert acme.grant("alice").further == frozenset()
    assert acme.actions()[-2:] == ["member.role_withdrawn", "department.deleted"]


# -- raising ---------------------------------------------------------------------------------------------------------------------


def test_nobody_puts_himself_where_his_rights_do_not_reach(acme: Organisation, mia: Grant) -> None:
    sales = department(acme, "Sales")
    me = acme.member("mia")
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Denied):
            change_member(grant=mia, member=me.public_id, name="Mia", capacity=None, departments=[sales])
        with pytest.raises(Denied):
            change_department(grant=mia, department=sales, name="Sales", members=[me])
        with pytest.raises(Denied):
            create_department(grant=mia, name="Mine", members=[me])
        change_department(grant=acme.grant("olga"), department=sales, name="Sales", members=[me])


def test_nobody_takes_who_holds_more_out_of_a_department(acme: Organisation, mia: Grant) -> None:
    sales = department(acme, "Sales", "olga", "alice")
    with tenant_scope(acme.tenant_id):
        alice = acme.member("alice")
        with pytest.raises(Denied):
            change_department(grant=mia, department=sales, name="Sales", members=[alice])
        change_department(grant=mia, department=sales, name="Sales and more", members=[alice, acme.member("olga")])
        change_department(grant=acme.grant("olga"), department=sales, name="Sales", members=[alice])
        delete_department(grant=acme.grant("ada"), department=department(acme, "Gone", "olga"))


def test_who_acts_goes_by_what_he_has_now(acme: Organisation) -> None:
    """The page was opened as an administrator; he is none any more."""
    ada, alice, sales = acme.grant("ada"), acme.member("alice").public_id, department(acme, "Sales")
    with tenant_scope(acme.tenant_id):
        change_role(grant=acme.grant("olga"), member=acme.member("ada").public_id, role="agent")
        with pytest.raises(Denied):
            change_role(grant=ada, member=alice, role="supervisor")
        with pytest.raises(Denied):
            create_role(grant=ada, name="Night", description="", permissions=CHATS)
        Membership.objects.filter(public_id=ada.membership_public_id).update(status=MembershipStatus.SUSPENDED.value)
        with pytest.raises(Denied):
            invite_member(grant=ada, email="new@acme.example", role="agent")
        with pytest.raises(Denied):
            make_default(grant=ada, department=sales)


def test_a_role_is_not_raised_beyond_what_its_editor_has(acme: Organisation, mia: Grant) -> None:
    role = made(acme, "Chatter", CHATS)
    with pytest.raises(Denied):
        edited(acme, "mia", role, CHATS | {P.AUDIT_READ})
    with pytest.raises(Denied):
        edited(acme, "mia", made(acme, "Reader", {P.AUDIT_READ}), CHATS)
    edited(acme, "mia", role, CHATS - {P.CHAT_REPLY})


def test_nobody_raises_himself_by_a_role_that_he_has_on_a_department(acme: Organisation, mia: Grant) -> None:
    role, sales = made(acme, "Looker", CHATS - {P.CHAT_REPLY}), department(acme, "Sales")
    on(acme, "mia", role, sales)
    with pytest.raises(Denied):
        edited(acme, "mia", role, CHATS)
    edited(acme, "mia", role, {P.CHAT_SEE_OWN})


def test_nobody_raises_a_department_that_he_does_not_reach(acme: Organisation, mia: Grant) -> None:
    """Bob has the role in Sales, where Mia may not reply."""
    role, sales = made(acme, "Looker", CHATS - {P.CHAT_REPLY}), department(acme, "Sales")
    acme.join("bob", "looker")
    on(acme, "bob", role, sales)
    with pytest.raises(Denied):
        edited(acme, "mia", role, CHATS)


def test_nobody_raises_who_holds_more_than_he_does(acme: Organisation, mia: Grant) -> None:
    role = made(acme, "Looker", {P.CHAT_SEE_OWN})
    on(acme, "ada", role, department(acme, "Support"))
    with pytest.raises(Denied):
        edited(acme, "mia", role, CHATS)


def test_who_holds_more_by_a_role_on_a_department_is_not_acted_on(acme: Organisation, mia: Grant) -> None:
    made(acme, "Chatter", CHATS)
    acme.join("bob", "chatter")
    on(acme, "bob", builtin(acme, "supervisor"), department(acme, "Sales"))
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        remove_member(grant=mia, member=acme.member("bob").public_id)


# -- who is not in ---------------------------------------------------------------------------------------------------------------


def test_who_was_removed_is_given_nothing_and_comes_back_with_nothing(acme: Organisation) -> None:
    sales, supervisor = department(acme, "Sales"), builtin(acme, "supervisor")
    on(acme, "alice", supervisor, sales)
    alice, olga = acme.member("alice"), acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        remove_member(grant=olga, member=alice.public_id)
        with pytest.raises(Conflict, match="member_gone"):
            change_role(grant=olga, member=alice.public_id, role="admin")
        with pytest.raises(Conflict, match="member_gone"):
            grant_role(grant=olga, member=alice.public_id, department=sales.public_id, role=supervisor.public_id)
        sent = invite_member(grant=olga, email=alice.user.email, role="agent")
    accept_invitation(invitation=ref(acme, sent), user=alice.user)
    assert acme.grant("alice").further == frozenset()


def test_whose_time_is_over_comes_back_without_what_he_had(acme: Organisation, mia: Grant) -> None:
    """Mia may invite an agent of Support; what Alice had in Sales is not hers to give back."""
    sales, alice = department(acme, "Sales", "alice"), acme.member("alice")
    made(acme, "Chatter", CHATS)
    on(acme, "alice", builtin(acme, "supervisor"), sales)
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(pk=alice.pk).update(expires_at=timezone.now() - timedelta(days=1))
        sent = invite_member(grant=mia, email=alice.user.email, role="chatter")
    accept_invitation(invitation=ref(acme, sent), user=alice.user)
    grant = acme.grant("alice")
    assert (grant.further, sales.pk in grant.department_ids) == (frozenset(), False)


def test_who_was_given_more_while_he_was_out_is_let_in_by_who_holds_it(acme: Organisation, mia: Grant) -> None:
    made(acme, "Chatter", CHATS)
    bob = acme.join("bob", "chatter")
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(pk=bob.pk).update(status=MembershipStatus.SUSPENDED.value)
        change_role(grant=acme.grant("olga"), member=bob.public_id, role="admin")
        with pytest.raises(Denied):
            resume_member(grant=mia, member=bob.public_id)


@pytest.mark.parametrize("after", [{"status": "suspended"}, {"expires_at": timezone.now()}, {"status": "provisional"}])
def test_who_is_not_in_holds_nothing_on_departments_either(acme: Organisation, after: dict[str, object]) -> None:
    on(acme, "alice", builtin(acme, "supervisor"), department(acme, "Sales"))
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(pk=acme.member("alice").pk).update(**after)
    assert active_grant(acme.user("alice").pk, acme.tenant_id) is None


# -- invitations -----------------------------------------------------------------------------------------------------------------


def ref(acme: Organisation, sent: Invitation) -> InvitationRef:
    return InvitationRef(acme.tenant_id, "Acme", sent.pk, sent.email, "", "", is_sign_up=False)


def test_what_an_invitation_promised_is_not_given_once_the_role_holds_more(acme: Organisation, mia: Grant) -> None:
    role, bob = made(acme, "Chatter", CHATS), person("bob@acme.example", "Bob")
    with tenant_scope(acme.tenant_id):
        sent = invite_member(grant=mia, email=bob.email, role="chatter")
    edited(acme, "olga", role, CHATS | {P.CHAT_NOTE})
    with pytest.raises(NotFound):
        accept_invitation(invitation=ref(acme, sent), user=bob)
    assert "member.invitation_withdrawn" in acme.actions()


def test_an_invitation_ends_with_its_senders_right_to_it(acme: Organisation, mia: Grant) -> None:
    """His own role was narrowed since; nothing was done to him or to the invitation."""
    made(acme, "Chatter", CHATS)
    bob, managers = person("bob@acme.example", "Bob"), builtin(acme, "manager")
    with tenant_scope(acme.tenant_id):
        sent = invite_member(grant=mia, email=bob.email, role="chatter")
    edited(acme, "olga", managers, MANAGES - {P.CHAT_REPLY})
    with pytest.raises(NotFound):
        accept_invitation(invitation=ref(acme, sent), user=bob)


def test_who_joins_begins_where_the_one_who_invited_reaches(acme: Organisation, mia: Grant) -> None:
    """Newcomers begin in the default department."""
    made(acme, "Chatter", CHATS)
    sales = department(acme, "Sales")
    with tenant_scope(acme.tenant_id):
        Department.objects.filter(is_default=True).update(is_default=False)
        Department.objects.filter(pk=sales.pk).update(is_default=True)
        with pytest.raises(Denied):
            invite_member(grant=mia, email="bob@acme.example", role="chatter")
        invite_member(grant=acme.grant("olga"), email="bob@acme.example", role="chatter")
