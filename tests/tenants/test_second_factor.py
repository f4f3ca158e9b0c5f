"""Who needs a second factor is led to it; a lost one is given up by its owner alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from security.accounts.second_factor import has_second_factor
from security.errors import Conflict, Denied, NotFound
from security.models import User
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import Membership, Policy, Role
from tenants.services.people import second_factor
from tenants.services.people.members import remove_member, suspend_member

from .people import PASSWORD, Organisation, person

pytestmark = pytest.mark.django_db
ENROL = "/accounts/2fa/?next="


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def enrol(user: User) -> None:
    TOTP.activate(user, generate_totp_secret())


def where(client: Client, path: str) -> str | int:
    response = client.get(path)
    return response.headers.get("Location", response.status_code)


def require(of: Organisation, *, days: int = 0) -> None:
    with tenant_scope(of.tenant_id):
        Policy.objects.update(
            second_factor_required=True, second_factor_grace_days=days, second_factor_since=timezone.now()
        )


def test_in_production_administrators_need_one_for_the_admin_alone(acme: Organisation, settings: Settings) -> None:
    settings.SECOND_FACTOR_FOR_ADMINS = True
    acme.join("sam", "supervisor")
    olga = browser(acme.user("olga"))
    assert [olga.get(path).status_code for path in ("/get-started/", "/console/")] == [200, 200]
    assert where(olga, "/admin/") == f"{ENROL}%2Fadmin%2F"
    assert where(olga, "/admin/security/passwords/") == f"{ENROL}%2Fadmin%2Fsecurity%2Fpasswords%2F"
    assert where(browser(acme.user("sam")), "/admin/") == 200
    enrol(acme.user("olga"))
    assert where(olga, "/admin/") == 200


def test_in_production_operators_need_one(db: None, settings: Settings) -> None:
    settings.SECOND_FACTOR_FOR_ADMINS = True
    oscar = person("oscar@platform.example", "Oscar")
    User.objects.filter(pk=oscar.pk).update(is_operator=True)
    assert where(browser(oscar), "/admin/platform/tenants/") == f"{ENROL}%2Fadmin%2Fplatform%2Ftenants%2F"
    enrol(oscar)
    assert where(browser(oscar), "/admin/platform/tenants/") == 200


def test_an_organisation_requires_it_of_all_after_its_days(acme: Organisation, rival: Organisation) -> None:
    alice = acme.user("alice")
    require(acme, days=7)
    assert where(browser(alice), "/console/") == 200
    with tenant_scope(acme.tenant_id):
        Policy.objects.update(second_factor_since=timezone.now() - timedelta(days=7))
    assert where(browser(alice), "/console/") == 200, "for a new member the days begin when he joins"
    with tenant_scope(acme.tenant_id):
        Membership.objects.update(created_at=timezone.now() - timedelta(days=7))
    assert where(browser(alice), "/console/") == f"{ENROL}%2Fconsole%2F"
    assert active_grant(alice.pk, acme.tenant_id) is None, "a socket asks this every half minute"
    assert where(browser(rival.user("mallory")), "/console/") == 200
    enrol(alice)
    assert where(browser(alice), "/console/") == 200


def test_a_program_is_told_by_a_code(acme: Organisation) -> None:
    require(acme)
    response = browser(acme.user("olga")).get("/get-started/status/", headers={"Accept": "application/json"})
    assert (response.status_code, response.json()) == (403, {"code": "second_factor_required"})


def start(acme: Organisation, commits: DjangoCaptureOnCommitCallbacks) -> str:
    """Ada starts it for Alice; the path of the link."""
    with commits(execute=True), tenant_scope(acme.tenant_id):
        second_factor.start_reset(grant=acme.grant("ada"), member=acme.member("alice").public_id)
    found = re.search(r"(/second-factor/reset/\S+)", mail.outbox[-1].body)
    assert found is not None
    assert mail.outbox[-1].to == ["alice@acme.example"]
    return found[1]


def test_a_lost_one_is_given_up_by_mail_and_password(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    alice = acme.user("alice")
    enrol(alice)
    link = start(acme, django_capture_on_commit_callbacks)
    assert has_second_factor(alice), "starting takes nothing away"
    client = Client()
    assert client.get(link).status_code == 200
    assert "not your password" in client.post(link, {"password": "wrong"}).content.decode()
    assert has_second_factor(alice)
    assert client.post(link, {"password": PASSWORD}).status_code == 303
    assert not Authenticator.objects.filter(user=alice).exists()
    assert acme.actions()[-1] == "account.second_factor_reset"
    assert "member.second_factor_reset_started" in acme.actions()
    assert client.get(link).status_code == 404, "a link is good once"


def test_no_former_employer_starts_it(acme: Organisation) -> None:
    enrol(acme.user("alice"))
    ada, alice = acme.grant("ada"), acme.member("alice").public_id
    with tenant_scope(acme.tenant_id):
        suspend_member(grant=ada, member=alice)
        with pytest.raises(Conflict, match="member_suspended"):
            second_factor.start_reset(grant=ada, member=alice)
        remove_member(grant=ada, member=alice)
        with pytest.raises(Conflict, match="member_gone"):
            second_factor.start_reset(grant=ada, member=alice)
    assert not mail.outbox


def test_a_link_is_good_only_while_he_works_for_its_sender_and_for_nobody_else(
    acme: Organisation, rival: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    alice, client = acme.user("alice"), Client()
    enrol(alice)
    link = start(acme, django_capture_on_commit_callbacks)
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=alice, role=Role.objects.get(slug="admin"), name="Alice")
    answer = client.post(link, {"password": PASSWORD})
    assert (answer.status_code, "recovery code" in answer.content.decode()) == (409, True)
    with tenant_scope(acme.tenant_id):
        remove_member(grant=acme.grant("ada"), member=acme.member("alice").public_id)
    assert client.post(link, {"password": PASSWORD}).status_code == 404
    assert has_second_factor(alice)


def test_the_password_there_is_counted_as_at_sign_in(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    enrol(acme.user("alice"))
    link = start(acme, django_capture_on_commit_callbacks)
    client = Client()
    for _ in range(5):
        client.post(link, {"password": "wrong"})
    assert client.post(link, {"password": PASSWORD}).status_code == 429
    assert has_second_factor(acme.user("alice"))


def test_a_link_ends_when_the_factors_change(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    alice = acme.user("alice")
    enrol(alice)
    link = start(acme, django_capture_on_commit_callbacks)
    Authenticator.objects.filter(user=alice).delete()
    enrol(alice)
    assert Client().post(link, {"password": PASSWORD}).status_code == 404
    assert Client().get("/second-factor/reset/made-up/").status_code == 404
    assert has_second_factor(alice)


def test_nobody_starts_it_for_who_holds_more_or_belongs_elsewhere(acme: Organisation, rival: Organisation) -> None:
    for user in (acme.user("olga"), rival.user("mallory")):
        enrol(user)
    with tenant_scope(acme.tenant_id):
        for name, member, error in (
            ("ada", acme.member("olga").public_id, Denied),
            ("alice", acme.member("ada").public_id, Denied),
            ("ada", acme.member("alice").public_id, Conflict),
        ):
            with pytest.raises(error):
                second_factor.start_reset(grant=acme.grant(name), member=member)
    mallory = rival.member("mallory").public_id
    with tenant_scope(acme.tenant_id), pytest.raises(NotFound):
        second_factor.start_reset(grant=acme.grant("olga"), member=mallory)


def test_a_factor_that_is_due_is_asked_for_at_sign_in_and_leads_back(acme: Organisation) -> None:
    require(acme)
    alice = browser(acme.user("alice"))
    assert where(alice, "/start/") == f"{ENROL}%2Fstart%2F"
    assert "needs a second factor" in alice.get(f"{ENROL}%2Fstart%2F").content.decode()
    enrol(acme.user("alice"))
    back = alice.get("/accounts/2fa/").content.decode()
    assert re.search(r'href="/start/">Go on<', back), "although the pages of enrolment hand no address on"
