from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from security.errors import Conflict, Denied, NotFound
from security.models import RevocationKind, User
from security.permissions import Grant
from security.revocation import revoked_since
from security.scoping import tenant_scope
from tenants.access import active_grant, memberships_of
from tenants.models import Membership, MembershipStatus, Role, usable
from tenants.services import change_role, invite_member, remove_member, resume_member, suspend_member
from tenants.services.people.members import require_password_change

from .people import PASSWORD, Organisation

pytestmark = pytest.mark.django_db


def demote(*, grant: Grant, member: UUID) -> Membership:
    return change_role(grant=grant, member=member, role="analyst")


TAKES_AWAY: list[Callable[..., Membership]] = [suspend_member, remove_member, demote]


@pytest.mark.parametrize(
    ("act", "action"),
    [(suspend_member, "member.suspended"), (remove_member, "member.removed"), (demote, "member.role_changed")],
)
def test_who_loses_a_right_loses_what_is_open(acme: Organisation, act: Callable[..., Membership], action: str) -> None:
    alice = acme.member("alice")
    with tenant_scope(acme.tenant_id):
        act(grant=acme.grant("ada"), member=alice.public_id)
    assert str(alice.public_id) in {revoked.subject for revoked in revoked_since(timezone.now() - timedelta(minutes=1))}
    assert acme.actions()[-1] == action


def test_a_suspended_member_is_out_until_resumed(acme: Organisation) -> None:
    alice = acme.member("alice")
    with tenant_scope(acme.tenant_id):
        suspend_member(grant=acme.grant("ada"), member=alice.public_id)
        assert active_grant(alice.user_id, acme.tenant_id) is None
        resume_member(grant=acme.grant("ada"), member=alice.public_id)
    assert acme.grant("alice").role == "agent"


def test_a_membership_that_has_run_out_gives_nothing(acme: Organisation) -> None:
    alice = acme.member("alice")
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(pk=alice.pk).update(expires_at=timezone.now())
    assert active_grant(alice.user_id, acme.tenant_id) is None


def test_a_removed_member_is_not_resumed(acme: Organisation) -> None:
    alice = acme.member("alice")
    with tenant_scope(acme.tenant_id):
        remove_member(grant=acme.grant("ada"), member=alice.public_id)
        for act in (resume_member, suspend_member):
            with pytest.raises(Conflict):
                act(grant=acme.grant("ada"), member=alice.public_id)
    assert active_grant(alice.user_id, acme.tenant_id) is None


@pytest.mark.parametrize("act", [suspend_member, resume_member])
def test_who_has_not_confirmed_is_neither_suspended_nor_resumed(
    acme: Organisation, act: Callable[..., Membership]
) -> None:
    alice = acme.member("alice")
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(pk=alice.pk).update(status=MembershipStatus.PROVISIONAL.value)
        with pytest.raises(Conflict):
            act(grant=acme.grant("ada"), member=alice.public_id)
        assert Membership.objects.get(pk=alice.pk).status == MembershipStatus.PROVISIONAL.value


def test_who_must_change_his_password_loses_what_he_has_open_here(acme: Organisation) -> None:
    alice = acme.member("alice")
    with tenant_scope(acme.tenant_id):
        require_password_change(grant=acme.grant("ada"), member=alice.public_id)
    [revoked] = revoked_since(timezone.now() - timedelta(minutes=1))
    assert (revoked.kind, revoked.subject) == (RevocationKind.MEMBERSHIP, str(alice.public_id))
    assert active_grant(alice.user_id, acme.tenant_id) is None


def test_one_organisation_asks_for_a_password_in_its_own_pages_only(
    acme: Organisation, rival: Organisation, client: Client
) -> None:
    alice = acme.user("alice")
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=alice, role=Role.objects.get(slug="agent"), name="Alice")
    with tenant_scope(acme.tenant_id):
        require_password_change(grant=acme.grant("ada"), member=acme.member("alice").public_id)
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    tenants = {ref.tenant_id: ref.tenant_public_id for ref in memberships_of(alice)}
    client.post(f"/tenants/{tenants[acme.tenant_id]}/switch/")
    led = client.get("/console/")
    assert (led.status_code, led.headers["Location"]) == (303, "/accounts/password/change/?next=%2Fconsole%2F")
    client.post(f"/tenants/{tenants[rival.tenant_id]}/switch/")
    assert client.get("/console/").status_code == 200
    client.post(f"/tenants/{tenants[acme.tenant_id]}/switch/")
    new = "quite-another-correct-battery"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get("/console/").status_code == 200


@pytest.mark.parametrize("act", TAKES_AWAY)
def test_the_last_owner_stays(acme: Organisation, act: Callable[..., Membership]) -> None:
    with tenant_scope(acme.tenant_id), pytest.raises(Conflict) as refused:
        act(grant=acme.grant("olga"), member=acme.member("olga").public_id)
    assert refused.value.code == "last_owner"


@pytest.mark.parametrize("act", TAKES_AWAY)
def test_one_of_two_owners_may_go(acme: Organisation, act: Callable[..., Membership]) -> None:
    acme.join("oscar", "owner")
    with tenant_scope(acme.tenant_id):
        act(grant=acme.grant("oscar"), member=acme.member("olga").public_id)


@pytest.mark.parametrize("act", TAKES_AWAY)
def test_nobody_touches_who_holds_more(acme: Organisation, act: Callable[..., Membership]) -> None:
    acme.join("oscar", "owner")
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        act(grant=acme.grant("ada"), member=acme.member("olga").public_id)


@pytest.mark.parametrize("act", TAKES_AWAY)
def test_an_agent_may_not(acme: Organisation, act: Callable[..., Membership]) -> None:
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        act(grant=acme.grant("alice"), member=acme.member("alice").public_id)


def test_an_administrator_makes_no_owner(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        change_role(grant=acme.grant("ada"), member=acme.member("alice").public_id, role="owner")


@pytest.mark.parametrize("act", TAKES_AWAY)
def test_a_foreign_member_is_as_a_missing_one(
    acme: Organisation, rival: Organisation, act: Callable[..., Membership]
) -> None:
    foreign = rival.member("mallory").public_id
    with tenant_scope(acme.tenant_id):
        for missing in (foreign, uuid4()):
            with pytest.raises(NotFound):
                act(grant=acme.grant("ada"), member=missing)


def test_whose_time_is_over_may_be_invited_again(acme: Organisation) -> None:
    alice = acme.member("alice")
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Conflict):
            invite_member(grant=acme.grant("ada"), email="alice@acme.example", role="agent")
        Membership.objects.filter(pk=alice.pk).update(expires_at=timezone.now())
        assert (
            invite_member(grant=acme.grant("ada"), email="alice@acme.example", role="agent").email == alice.user.email
        )


def test_a_closed_account_belongs_nowhere(acme: Organisation) -> None:
    alice = acme.user("alice")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with tenant_scope(acme.tenant_id):
        assert not Membership.objects.filter(usable(timezone.now()), user=alice).exists()
        assert Membership.objects.filter(usable(timezone.now())).count() == 2
    assert active_grant(alice.pk, acme.tenant_id) is None


def test_an_owner_whose_account_is_closed_does_not_keep_the_organisation(acme: Organisation) -> None:
    acme.join("oscar", "owner")
    User.objects.filter(pk=acme.user("oscar").pk).update(is_active=False)
    with tenant_scope(acme.tenant_id), pytest.raises(Conflict):
        remove_member(grant=acme.grant("olga"), member=acme.member("olga").public_id)
