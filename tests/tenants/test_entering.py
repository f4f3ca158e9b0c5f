"""Break-glass: into an organisation for a time, with a reason, seen by everybody in it, and never for longer."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.errors import Conflict, Denied, Invalid, NotFound
from security.masking import mask_or_withhold
from security.models import AuditEvent, RevocationKind, User
from security.revocation import revoked_since
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tenants.access import active_grant, memberships_of
from tenants.models import (
    EntryStatus,
    Membership,
    MembershipStatus,
    OperatorEntry,
    Role,
)
from tenants.roles import ENTRY_MAY, ENTRY_ROLES, ROLE_PERMISSIONS
from tenants.services.platform import entering, operators, stays

from .admin.pages import sign_in
from .people import Organisation, trail
from .staying import HOUR, WHY, ask_first, enter, grant_of, public_id


def test_an_operator_is_in_at_once_and_the_owners_are_told(
    acme: Organisation, oscar: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    acme.join("otto", "owner")
    now = timezone.now()
    with django_capture_on_commit_callbacks(execute=True):
        entry = enter(oscar, acme, now=now)
    grant = grant_of(oscar, acme)
    assert (grant.name, grant.role, grant.entry) == ("Oscar (platform)", "auditor", entry.public_id)
    assert grant.until == now + HOUR
    assert {to for letter in mail.outbox for to in letter.to} == {"olga@acme.example", "otto@acme.example"}
    for letter in mail.outbox:
        assert "Oscar" in str(letter.body)
        assert str(WHY) in str(letter.body)
        assert str(entry.public_id) in str(letter.body)
    assert acme.actions()[-1] == "operator.entered"
    assert trail(PLATFORM_TENANT_ID)[-1] == "operator.entered"


@pytest.mark.parametrize("role", ENTRY_ROLES)
def test_a_role_gives_no_more_than_an_entry_may(acme: Organisation, oscar: User, role: str) -> None:
    enter(oscar, acme, role)
    grant = grant_of(oscar, acme)
    assert grant.permissions == ROLE_PERMISSIONS[role] & ENTRY_MAY
    assert grant.permissions


def test_what_an_entry_may_is_written_down_here_too() -> None:
    """Whoever lets operators do more says so twice."""
    reads = {"chat.see_queue", "chat.see_own", "chat.see_department", "chat.see_all", "audit.read", "audit.verify"}
    reports = {"reports.own", "reports.department", "reports.all"}
    assert reads | reports == ENTRY_MAY


@pytest.mark.parametrize("role", ["owner", "agent", "custom", ""])
def test_nobody_enters_as_an_owner_or_to_answer(acme: Organisation, oscar: User, role: str) -> None:
    with pytest.raises(Invalid, match="entry_role"):
        enter(oscar, acme, role)


@pytest.mark.parametrize("reason", ["", "short", "     a         b     "])
def test_a_reason_is_given(acme: Organisation, oscar: User, reason: str) -> None:
    with pytest.raises(Invalid, match="entry_reason"):
        stays.enter(
            operator=oscar,
            tenant=public_id(acme),
            role="auditor",
            reason=mask_or_withhold(reason),
            stay=HOUR,
            now=timezone.now(),
        )


@pytest.mark.parametrize("stay", [timedelta(0), timedelta(minutes=-5), timedelta(hours=4, seconds=1)])
def test_a_stay_lasts_four_hours_at_most(acme: Organisation, oscar: User, stay: timedelta) -> None:
    with pytest.raises(Invalid, match="entry_stay"):
        enter(oscar, acme, stay=stay)


def test_postgresql_holds_the_four_hours_and_the_end_by_itself(acme: Organisation, oscar: User) -> None:
    entry = enter(oscar, acme)
    with tenant_scope(acme.tenant_id):
        longer = timezone.now() + timedelta(hours=5)
        with pytest.raises(IntegrityError, match="longest"), transaction.atomic():
            OperatorEntry.objects.filter(pk=entry.pk).update(expires_at=longer)
        with pytest.raises(IntegrityError, match="entry_ends"), transaction.atomic():
            Membership.objects.filter(user=oscar).update(expires_at=None)


def test_only_an_operator_enters_and_only_what_is_there(acme: Organisation, oscar: User) -> None:
    with pytest.raises(Denied):
        enter(acme.user("alice"), acme)
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        entering.ask_to_enter(operator=acme.user("alice"), role="auditor", reason=WHY, stay=HOUR, now=timezone.now())
    nowhere = UUID("00000000-0000-4000-8000-000000000000")
    for tenant in (nowhere, UUID("00000000-0000-4000-8000-000000000001")):
        with pytest.raises(NotFound):
            stays.enter(operator=oscar, tenant=tenant, role="auditor", reason=WHY, stay=HOUR, now=timezone.now())


def test_only_an_operator_may_even_ask(acme: Organisation, rival: Organisation) -> None:
    """Where nobody opens the stay at once, the question itself is refused: owners are not mailed by just anybody."""
    ask_first(acme)
    stranger = rival.user("mallory")
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Denied):
            entering.ask_to_enter(operator=stranger, role="auditor", reason=WHY, stay=HOUR, now=timezone.now())
        assert not OperatorEntry.objects.exists()


def test_a_stay_is_not_made_longer_and_a_second_one_is_told_again(
    acme: Organisation, oscar: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    then = timezone.now() - timedelta(minutes=90)
    first = enter(oscar, acme, now=then)
    with pytest.raises(Conflict, match="entry_exists"):
        enter(oscar, acme, "admin", now=then + timedelta(minutes=10))
    assert active_grant(oscar.pk, acme.tenant_id) is None, "Its hour was over by itself"
    assert memberships_of(oscar) == ()
    with django_capture_on_commit_callbacks(execute=True):
        second = enter(oscar, acme, "analyst")
    assert grant_of(oscar, acme).entry == second.public_id != first.public_id
    assert [one for one in acme.actions() if one.startswith("operator.")] == [
        "operator.entered",
        "operator.left",
        "operator.entered",
    ]
    assert sum("has entered" in letter.subject for letter in mail.outbox) == 1


def test_a_suspended_organisation_is_not_entered_and_suspending_sends_operators_out(
    acme: Organisation, oscar: User
) -> None:
    enter(oscar, acme)
    now = timezone.now()
    operators.suspend(operator=oscar, tenant=public_id(acme), reason=WHY, now=now)
    with pytest.raises(Conflict, match="entry_suspended"):
        enter(oscar, acme)
    operators.resume(operator=oscar, tenant=public_id(acme), reason=WHY)
    assert active_grant(oscar.pk, acme.tenant_id) is None


def test_where_nobody_can_be_told_nobody_enters(acme: Organisation, oscar: User) -> None:
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(role__slug="owner").update(status=MembershipStatus.PROVISIONAL.value)
    with pytest.raises(Conflict, match="entry_untold"):
        enter(oscar, acme)
    assert active_grant(oscar.pk, acme.tenant_id) is None


def test_a_member_needs_no_entry(acme: Organisation, oscar: User) -> None:
    with tenant_scope(acme.tenant_id):
        Membership.objects.create(user=oscar, role=Role.objects.get(slug="agent"), name="Oscar")
    with pytest.raises(Conflict, match="entry_of_member"):
        enter(oscar, acme)


def test_where_consent_is_wanted_nobody_is_in_before_an_owner_says_so(acme: Organisation, oscar: User) -> None:
    ask_first(acme)
    asked_at = timezone.now() - timedelta(hours=2)
    entry = enter(oscar, acme, now=asked_at)
    assert entry.status == EntryStatus.ASKED.value
    assert active_grant(oscar.pk, acme.tenant_id) is None
    assert acme.actions()[-1] == "operator.entry_asked"
    now = timezone.now()
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Denied):
            entering.allow_entry(grant=acme.grant("ada"), entry=entry.public_id, now=now)
        entering.allow_entry(grant=acme.grant("olga"), entry=entry.public_id, now=now)
    assert grant_of(oscar, acme).until == now + HOUR, "It begins when it is allowed"


def test_a_question_is_refused_taken_back_or_forgotten_after_a_day(acme: Organisation, oscar: User) -> None:
    ask_first(acme)
    now = timezone.now()
    first = enter(oscar, acme)
    with tenant_scope(acme.tenant_id):
        entering.refuse_entry(grant=acme.grant("olga"), entry=first.public_id, now=now)
        with pytest.raises(Conflict, match="entry_not_asked"):
            entering.allow_entry(grant=acme.grant("olga"), entry=first.public_id, now=now)
    second = enter(oscar, acme)
    stays.leave(operator=oscar, tenant=public_id(acme), entry=second.public_id, now=now)
    old = enter(oscar, acme, now=now - timedelta(hours=25))
    with tenant_scope(acme.tenant_id), pytest.raises(Conflict, match="entry_not_asked"):
        entering.allow_entry(grant=acme.grant("olga"), entry=old.public_id, now=now)
    assert enter(oscar, acme).status == EntryStatus.ASKED.value
    assert active_grant(oscar.pk, acme.tenant_id) is None


@pytest.mark.parametrize("who", ["olga", "ada", "oscar"])
def test_the_organisation_or_an_operator_ends_it_at_any_moment(acme: Organisation, oscar: User, who: str) -> None:
    before = timezone.now() - timedelta(seconds=1)
    entry = enter(oscar, acme)
    membership = grant_of(oscar, acme).membership_public_id
    if who == "oscar":
        stays.leave(operator=oscar, tenant=public_id(acme), entry=entry.public_id, now=timezone.now())
    else:
        with tenant_scope(acme.tenant_id):
            entering.end_entry(grant=acme.grant(who), entry=entry.public_id, now=timezone.now())
    assert active_grant(oscar.pk, acme.tenant_id) is None
    revoked = {(row.kind, row.subject) for row in revoked_since(before)}
    assert (RevocationKind.MEMBERSHIP, str(membership)) in revoked
    assert acme.actions()[-1] == "operator.left"
    with tenant_scope(acme.tenant_id), pytest.raises(Conflict, match="entry_not_open"):
        entering.end_entry(grant=acme.grant("olga"), entry=entry.public_id, now=timezone.now())


def test_an_agent_and_another_organisation_end_nothing(acme: Organisation, rival: Organisation, oscar: User) -> None:
    entry = enter(oscar, acme)
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        entering.end_entry(grant=acme.grant("alice"), entry=entry.public_id, now=timezone.now())
    with tenant_scope(rival.tenant_id), pytest.raises(NotFound):
        entering.end_entry(grant=rival.grant("mallory"), entry=entry.public_id, now=timezone.now())
    assert grant_of(oscar, acme).entry == entry.public_id


def test_who_works_for_the_platform_no_more_is_out(acme: Organisation, oscar: User) -> None:
    enter(oscar, acme)
    User.objects.filter(pk=oscar.pk).update(is_operator=False)
    assert active_grant(oscar.pk, acme.tenant_id) is None
    assert memberships_of(oscar) == ()


def test_the_sweep_writes_down_what_ended_by_itself(acme: Organisation, rival: Organisation, oscar: User) -> None:
    over = enter(oscar, acme, now=timezone.now() - timedelta(hours=2))
    enter(oscar, rival)
    assert stays.end_expired(now=timezone.now()) == 1
    assert stays.end_expired(now=timezone.now()) == 0
    with tenant_scope(acme.tenant_id):
        ended = OperatorEntry.objects.get()
        membership = Membership.objects.get(user=oscar)
    assert (ended.status, ended.ended_by, ended.public_id) == ("ended", "time", over.public_id)
    assert membership.status == MembershipStatus.SUSPENDED.value
    assert acme.actions()[-1] == "operator.left"
    assert grant_of(oscar, rival).tenant_id == rival.tenant_id


def test_every_act_of_a_stay_names_it_in_the_trail(acme: Organisation, oscar: User) -> None:
    entry = enter(oscar, acme, "admin")
    browser = sign_in(oscar)
    assert browser.get("auditevent_changelist", app="security").status_code == 200
    assert browser.post("cannedresponse_add", app="chat", shortcut="hi", title="Hi", body="Hello").status_code == 403
    with tenant_scope(acme.tenant_id):
        entries = [json.loads(event.entry) for event in AuditEvent.objects.order_by("seq")]
    made = [one for one in entries if one["action"] == "audit.read"]
    assert {(one["actor"]["kind"], one["actor"]["entry"]) for one in made} == {("operator", str(entry.public_id))}


def test_everybody_of_the_organisation_sees_who_is_in(acme: Organisation, rival: Organisation, oscar: User) -> None:
    enter(oscar, acme)
    with tenant_scope(acme.tenant_id):
        (seen,) = entering.visits(grant=acme.grant("alice"))
        assert (seen.name, seen.reason, seen.is_own) == ("Oscar (platform)", str(WHY), False)
        assert str(WHY) in seen.sentence
        (own,) = entering.visits(grant=grant_of(oscar, acme))
        assert own.is_own
        assert entering.visits(grant=acme.grant("alice"), now=timezone.now() + 2 * HOUR) == []
    with tenant_scope(rival.tenant_id):
        assert entering.visits(grant=rival.grant("mallory")) == []
