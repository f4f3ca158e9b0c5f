import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.accounts.people import create_person
from security.errors import Conflict, Denied, NotFound
from security.models import LimitRow, User
from security.permissions import Grant
from security.scoping import tenant_scope
from tenants.access import access_invitation, memberships_of
from tenants.models import Directory, Invitation, Membership, Role
from tenants.services import accept_invitation, change_role, invite_member, remove_member, suspend_member
from tenants.services.people.invitations import withdraw_invitation

from .people import PASSWORD, Organisation, person
from .test_masking_rules import EMP, activate, add

pytestmark = pytest.mark.django_db


def demote(*, grant: Grant, member: UUID) -> Membership:
    return change_role(grant=grant, member=member, role="analyst")


@pytest.fixture
def token(acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> str:
    """Of Ada's invitation to Bob, to answer as an agent, out of his mail."""
    with django_capture_on_commit_callbacks(execute=True), tenant_scope(acme.tenant_id):
        invite_member(grant=acme.grant("ada"), email="Bob@acme.example", role="agent")
    [message] = mail.outbox
    assert message.to == ["bob@acme.example"]
    found = re.search(r"/invitations/(\S+)/", str(message.body))
    assert found
    return found[1]


def test_a_stranger_joins_with_a_name_and_a_password(acme: Organisation, token: str, client: Client) -> None:
    response = client.post(f"/invitations/{token}/", {"full_name": "Bob Builder", "password": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (303, "/start/")
    assert acme.member("bob").name == "Bob Builder"
    assert acme.grant("bob").role == "agent"
    assert acme.actions()[-3:] == ["member.invited", "member.joined", "session.signed_in"]


def test_a_strangers_name_is_masked_by_the_rules_of_whom_he_joins(
    acme: Organisation, token: str, client: Client
) -> None:
    add(acme, EMP)
    activate(acme)
    client.post(f"/invitations/{token}/", {"full_name": "Bob EMP-123456", "password": PASSWORD})
    assert acme.member("bob").name == acme.user("bob").full_name == "Bob [staff]"


def test_the_secret_is_good_once(acme: Organisation, token: str, client: Client) -> None:
    client.post(f"/invitations/{token}/", {"full_name": "Bob", "password": PASSWORD})
    assert Client().get(f"/invitations/{token}/").status_code == 404


def test_the_secret_is_written_down_nowhere(acme: Organisation, token: str) -> None:
    assert len(token) >= 43, "256 bits"
    with tenant_scope(acme.tenant_id):
        rows = [*Directory.objects.values_list("digest", flat=True), *Invitation.objects.values_list()]
    assert token not in repr(rows)


def test_an_expired_invitation_is_as_one_that_never_was(acme: Organisation, token: str) -> None:
    access_invitation(token, now=timezone.now() + timedelta(days=7, minutes=-1))
    with pytest.raises(NotFound):
        access_invitation(token, now=timezone.now() + timedelta(days=7, minutes=1))


def test_a_newer_invitation_makes_the_older_one_worthless(acme: Organisation, token: str) -> None:
    with tenant_scope(acme.tenant_id):
        invite_member(grant=acme.grant("ada"), email="bob@acme.example", role="analyst")
        [invitation] = Invitation.objects.filter(email="bob@acme.example").select_related("role")
    assert invitation.role.slug == "analyst", "renewed, not doubled"
    with pytest.raises(NotFound):
        access_invitation(token)


def test_a_second_click_sends_no_second_mail(
    acme: Organisation, token: str, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenant_scope(acme.tenant_id):
        invite_member(grant=acme.grant("ada"), email="bob@acme.example", role="agent")
    assert len(mail.outbox) == 1
    assert access_invitation(token).email == "bob@acme.example"


def test_an_invitation_is_sent_again_once_it_may_be_lost(
    acme: Organisation, token: str, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenant_scope(acme.tenant_id):
        Invitation.objects.update(expires_at=timezone.now() + timedelta(days=6))
        invite_member(grant=acme.grant("ada"), email="bob@acme.example", role="agent")
        [invitation] = Invitation.objects.filter(email="bob@acme.example")
        assert invitation.expires_at > timezone.now() + timedelta(days=6, hours=23)
    assert len(mail.outbox) == 2
    with pytest.raises(NotFound):
        access_invitation(token)


@pytest.mark.parametrize("way", ["another role each time", "withdrawn each time"])
def test_an_address_is_sent_three_a_day_by_one_organisation(acme: Organisation, rival: Organisation, way: str) -> None:
    ada = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        for role in ("agent", "analyst", "agent"):
            made = invite_member(grant=ada, email="stranger@else.example", role=role)
            if way == "withdrawn each time":
                withdraw_invitation(grant=ada, invitation=made.public_id)
        with pytest.raises(Conflict, match="invited_often"):
            invite_member(grant=ada, email="Stranger@else.example", role="analyst")
        invite_member(grant=ada, email="another@else.example", role="agent")
        LimitRow.objects.update(expires_at=timezone.now())  # as a day later
        invite_member(grant=ada, email="stranger@else.example", role="analyst")
    mallory = rival.grant("mallory")
    with tenant_scope(rival.tenant_id):
        invite_member(grant=mallory, email="stranger@else.example", role="agent")
    assert rival.actions()[-1] == "member.invited"


def test_an_organisation_sends_a_hundred_an_hour(acme: Organisation, rival: Organisation) -> None:
    ada, now = acme.grant("ada"), timezone.now()
    LimitRow.objects.bulk_create(
        LimitRow(key=f"invite:{of}:{number}:", value="1", expires_at=now + timedelta(hours=hours, seconds=30))
        for of, hours, count in ((acme.tenant_id, 24, 99), (acme.tenant_id, 22, 50), (rival.tenant_id, 24, 99))
        for number in range(hours * 100, hours * 100 + count)
    )
    with tenant_scope(acme.tenant_id):
        invite_member(grant=ada, email="one@else.example", role="agent")
        with pytest.raises(Conflict, match="invited_many"):
            invite_member(grant=ada, email="two@else.example", role="agent")


def test_only_the_one_who_was_invited_may_accept(acme: Organisation, rival: Organisation, token: str) -> None:
    with pytest.raises(Denied):
        accept_invitation(invitation=access_invitation(token), user=rival.user("mallory"))
    assert [ref.tenant_slug for ref in memberships_of(rival.user("mallory"))] == ["rival"]


def test_an_unconfirmed_address_is_not_the_one_that_was_invited(acme: Organisation, token: str) -> None:
    squatter = create_person(email="bob@acme.example", full_name="Not Bob", password=PASSWORD)
    with pytest.raises(Denied):
        accept_invitation(invitation=access_invitation(token), user=squatter)


def test_a_known_person_signs_in_first(acme: Organisation, token: str, client: Client) -> None:
    bob = person("bob@acme.example", "Bob")
    page = client.get(f"/invitations/{token}/").content.decode()
    assert "/accounts/login/?next=" in page
    assert client.post(f"/invitations/{token}/", {"full_name": "Eve", "password": PASSWORD}).status_code == 200
    assert memberships_of(bob) == (), "neither name nor password in the form joins somebody who has an account"
    client.force_login(bob)
    client.post(f"/invitations/{token}/")
    assert [ref.tenant_slug for ref in memberships_of(bob)] == ["acme"]


def test_somebody_else_is_asked_to_sign_out(
    acme: Organisation, rival: Organisation, token: str, client: Client
) -> None:
    client.force_login(rival.user("mallory"))
    assert "signed in as somebody else" in client.post(f"/invitations/{token}/").content.decode()
    access_invitation(token)


@pytest.mark.parametrize("act", [suspend_member, remove_member, demote])
def test_invitations_end_with_their_senders_right(
    acme: Organisation, token: str, act: Callable[..., Membership]
) -> None:
    with tenant_scope(acme.tenant_id):
        act(grant=acme.grant("olga"), member=acme.member("ada").public_id)
    assert "member.invitation_withdrawn" in acme.actions()
    with pytest.raises(NotFound):
        access_invitation(token)


def test_who_may_not_give_a_role_any_more_has_not_given_it(acme: Organisation, token: str) -> None:
    invitation, bob = access_invitation(token), person("bob@acme.example", "Bob")
    with tenant_scope(acme.tenant_id):  # as if the sender's rights had gone in a way that knows nothing of invitations
        agent = Role.objects.get(slug="agent")
        Membership.objects.filter(name="Ada").update(role=agent)
    with pytest.raises(NotFound):
        accept_invitation(invitation=invitation, user=bob)
    assert memberships_of(bob) == ()


def test_who_joins_by_his_password_lands_where_he_joined(
    acme: Organisation, rival: Organisation, token: str, client: Client
) -> None:
    bob = create_person(email="bob@acme.example", full_name="Bob", password=PASSWORD)
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=bob, role=Role.objects.get(slug="agent"), name="Bob")
    client.post(f"/invitations/{token}/", {"password": PASSWORD})
    assert client.get("/").wsgi_request.active.tenant_slug == "acme"  # type: ignore[attr-defined]


def test_an_agent_invites_nobody(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        invite_member(grant=acme.grant("alice"), email="bob@acme.example", role="agent")


def test_nobody_gives_more_than_he_has(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        invite_member(grant=acme.grant("ada"), email="bob@acme.example", role="owner")


def test_a_member_is_not_invited_again(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id), pytest.raises(Conflict) as refused:
        invite_member(grant=acme.grant("ada"), email="alice@acme.example", role="agent")
    assert refused.value.code == "already_member"


def test_a_secret_of_another_kind_opens_nothing(acme: Organisation, client: Client) -> None:
    assert client.get(f"/invitations/{acme.site_key}/").status_code == 404
    assert not User.objects.filter(email="bob@acme.example").exists()
