"""Plans: what is refused at the limit, what never is, who is told, and what two who act at once get."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.crypto import keyring
from security.errors import Conflict
from security.masking import mask_or_withhold
from security.models import User
from security.scoping import tenant_scope
from tenants.access import InvitationRef
from tenants.models import Invitation, Plan, Site, Subscription, Usage
from tenants.services import limits
from tenants.services.departments import create_department
from tenants.services.people import members
from tenants.services.people.invitations import accept_invitation, invite_member
from tenants.services.platform import entering
from tenants.services.settings import change_site
from tenants.services.sites import create_site

from .people import Organisation, organisation, person
from .test_races import begun

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def give(of: Organisation, **own: int | None) -> None:
    with tenant_scope(of.tenant_id):
        Subscription.objects.update_or_create(defaults=own)


def test_without_a_plan_nothing_is_limited(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        found = limits.limits()
    assert (found.plan, found.members, found.messages) == ("", None, None)


def test_own_limits_come_before_the_plans_and_the_default_plan_last(acme: Organisation, rival: Organisation) -> None:
    Plan.objects.create(name="Small", members=3, sites=1, is_default=True)
    large = Plan.objects.create(name="Large", members=50)
    give(acme, sites=7, plan_id=large.pk)
    with tenant_scope(acme.tenant_id):
        own = limits.limits()
    with tenant_scope(rival.tenant_id):
        default = limits.limits()
    assert (own.plan, own.members, own.sites) == ("Large", 50, 7)
    assert (default.plan, default.members, default.sites) == ("Small", 3, 1)


def test_an_invitation_needs_a_place_that_is_not_promised_yet(acme: Organisation) -> None:
    give(acme, members=4)
    with tenant_scope(acme.tenant_id):
        invite_member(grant=acme.grant("ada"), email="one@acme.example", role="agent")
        with pytest.raises(Conflict, match="limit_members"):
            invite_member(grant=acme.grant("ada"), email="two@acme.example", role="agent")
        Invitation.objects.update(created_at=timezone.now() - timedelta(days=1))
        invite_member(grant=acme.grant("ada"), email="one@acme.example", role="auditor")


def test_who_is_let_in_again_needs_a_place(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        alice = acme.member("alice").public_id
        members.suspend_member(grant=acme.grant("ada"), member=alice)
    give(acme, members=2)
    with tenant_scope(acme.tenant_id), pytest.raises(Conflict, match="limit_members"):
        members.resume_member(grant=acme.grant("ada"), member=alice)
    give(acme, members=3)
    with tenant_scope(acme.tenant_id):
        members.resume_member(grant=acme.grant("ada"), member=alice)


def test_websites_and_departments_stop_at_their_limit(acme: Organisation) -> None:
    give(acme, sites=1, departments=1)
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Conflict, match="limit_sites"):
            create_site(grant=grant, name="Second", websites=["https://second.example"])
        with pytest.raises(Conflict, match="limit_departments"):
            create_department(grant=grant, name="Second", members=())
        first = Site.objects.get()
        first.is_active = False
        change_site(grant=grant, site=first, fields=["is_active"])
        create_site(grant=grant, name="Second", websites=["https://second.example"])
        first.is_active = True
        with pytest.raises(Conflict, match="limit_sites"):
            change_site(grant=grant, site=first, fields=["is_active"])


def test_a_plan_that_is_lowered_takes_nothing_away_and_says_what_is_over(acme: Organisation) -> None:
    give(acme, members=1)
    with tenant_scope(acme.tenant_id):
        assert limits.over() == [limits.Limit.MEMBERS]
        assert limits.used(NOON.date()).members == 3
    assert acme.grant("alice").role == "agent"


def test_a_stay_of_an_operator_takes_nobodys_place(acme: Organisation, oscar: User) -> None:
    with tenant_scope(acme.tenant_id):
        entering.ask_to_enter(
            operator=oscar,
            role="auditor",
            reason=mask_or_withhold("A look at the trail"),
            stay=timedelta(hours=1),
            now=timezone.now(),
        )
        assert limits.used(NOON.date()).members == 3


def write_messages(of: Organisation, count: int) -> None:
    with tenant_scope(of.tenant_id):
        Usage.objects.update_or_create(day=NOON.date(), defaults={"messages": count})


@pytest.mark.parametrize(
    ("messages", "subjects"), [(79, []), (80, ["80"]), (99, ["99"]), (100, ["100"]), (250, ["250"])]
)
def test_the_owners_are_told_at_80_and_at_100_per_cent_once(
    acme: Organisation,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    messages: int,
    subjects: list[str],
) -> None:
    give(acme, messages=100)
    write_messages(acme, messages)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True), tenant_scope(acme.tenant_id):
            limits.look(now=NOON)
    assert [letter.to for letter in mail.outbox] == [["olga@acme.example"] for _ in subjects]
    assert all(f"{said} %" in letter.subject for said, letter in zip(subjects, mail.outbox, strict=True))
    assert acme.actions().count("plan.warned") == len(subjects)


def test_conversations_begin_for_two_weeks_above_the_limit_and_again_once_there_is_room(acme: Organisation) -> None:
    give(acme, messages=100)
    write_messages(acme, 100)
    with tenant_scope(acme.tenant_id):
        limits.look(now=NOON)
        limits.look(now=NOON + timedelta(days=3))
        assert limits.may_begin(now=NOON + limits.GRACE - timedelta(seconds=1))
        assert not limits.may_begin(now=NOON + limits.GRACE)
    give(acme, messages=1000)
    with tenant_scope(acme.tenant_id):
        limits.look(now=NOON + limits.GRACE)
        assert limits.may_begin(now=NOON + limits.GRACE)


def invited(of: Organisation, name: str) -> InvitationRef:
    user = person(f"{name}@acme.example", name.title())
    with tenant_scope(of.tenant_id):
        found = invite_member(grant=of.grant("olga"), email=user.email, role="agent")
    return InvitationRef(of.tenant_id, "Acme", found.pk, user.email, "Agent", "Olga", is_sign_up=False)


@pytest.fixture
def acme_committed(committed_db: None) -> Organisation:
    keyring.forget_everything()
    return organisation("acme", "olga")


def test_of_two_who_accept_at_once_the_last_place_is_one_persons(acme_committed: Organisation) -> None:
    acme = acme_committed
    first, second = invited(acme, "first"), invited(acme, "second")
    give(acme, members=2)
    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(acme.tenant_id):
            accept_invitation(invitation=first, user=acme.user("first"))
            other = begun(pool, acme, lambda: accept_invitation(invitation=second, user=acme.user("second")))
            assert not other.done(), "It waits for the one who was first"
        with pytest.raises(Conflict, match="limit_members"):
            other.result(timeout=30)
    with tenant_scope(acme.tenant_id):
        assert limits.members_now(timezone.now()) == 2


def test_of_two_websites_that_are_added_at_once_one_is_refused(acme_committed: Organisation) -> None:
    acme = acme_committed
    give(acme, sites=2)
    grant = acme.grant("olga")
    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(acme.tenant_id):
            create_site(grant=grant, name="Second", websites=["https://second.example"])
            other = begun(
                pool, acme, lambda: create_site(grant=grant, name="Third", websites=["https://third.example"])
            )
        with pytest.raises(Conflict, match="limit_sites"):
            other.result(timeout=30)
