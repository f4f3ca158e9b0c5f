"""Where an organisation's provider is the only way in, a password opens nothing there, and does not tell that it was right."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from security.errors import Invalid
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import EmailDomain, Membership, Role
from tenants.provider_only import provided_alone
from tenants.services.sign_in.domains import remove_domain
from tenants.services.sign_in.provider import remove_provider

from ...security.identity.openid_provider import OpenIdProvider
from ..admin.pages import errors_of, sign_in, text_of
from ..people import PASSWORD, Organisation, person
from .providers import arrive, by_password, connect, is_in_console, openid, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def alone(proven: Organisation, provider: OpenIdProvider) -> Any:
    """Acme's provider, the only way in since Olga has a second factor of her own."""
    TOTP.activate(proven.user("olga"), generate_totp_secret())
    return connect(proven, "olga", openid(provider, is_only=True))


def answered(email: str, password: str) -> str:
    """What the page of signing in says, without what is new each time."""
    page = Client().post("/accounts/login/", {"login": email, "password": password})
    assert page.status_code == 200
    return text_of(page).rpartition("csrfmiddlewaretoken")[2].partition(">")[2]


def test_a_right_password_is_answered_as_a_wrong_one(
    alone: Any, proven: Organisation, provider: OpenIdProvider
) -> None:
    before = len(proven.actions())
    right, wrong = (answered("alice@acme.example", typed) for typed in (PASSWORD, "not-her-password-at-all"))
    assert right == wrong
    assert proven.actions()[before:] == ["session.sign_in_failed"] * 2
    client, _ = arrive(provider, alone, "alice@acme.example")
    assert is_in_console(client)


def test_a_session_that_a_password_opened_before_leads_nowhere_any_more(
    proven: Organisation, provider: OpenIdProvider
) -> None:
    client = by_password("alice@acme.example")
    assert is_in_console(client)
    TOTP.activate(proven.user("olga"), generate_totp_secret())
    connect(proven, "olga", openid(provider, is_only=True))
    assert not is_in_console(client)


def test_whoever_works_elsewhere_too_gets_there_by_his_password_and_there_alone(
    alone: Any, proven: Organisation, rival: Organisation
) -> None:
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=proven.user("alice"), role=Role.objects.get(slug="agent"), name="Alice")
    client = by_password("alice@acme.example")
    assert client.session["tenant_id"] == rival.tenant_id
    page = client.get("/").wsgi_request
    assert {ref.tenant_id for ref in getattr(page, "memberships", ())} == {rival.tenant_id}
    session = client.session
    session["tenant_id"] = proven.tenant_id
    session.save()
    assert client.get("/console/").status_code == 200
    assert client.session["tenant_id"] == rival.tenant_id, "led back"
    assert active_grant(proven.user("alice").pk, proven.tenant_id) is None


def change_address(client: Client, email: str) -> Any:
    """As the page does it."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client.post("/accounts/email/", {"action_add": "", "email": email})


def confirm(email: str) -> Any:
    """By the link in the mail."""
    key = EmailConfirmationHMAC(EmailAddress.objects.get(email=email)).key
    return Client().post(f"/accounts/confirm-email/{key}/", follow=True)


def test_nobody_leaves_the_domain_by_changing_his_own_address(
    alone: Any, proven: Organisation, rival: Organisation
) -> None:
    alice = proven.user("alice")
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=alice, role=Role.objects.get(slug="agent"), name="Alice")
    client = by_password("alice@acme.example")
    answer = change_address(client, "alice@private.example")
    assert "which knows you by your address" in text_of(answer)
    assert not EmailAddress.objects.filter(email="alice@private.example").exists()
    assert change_address(client, "alice.a@acme.example").status_code == 302
    confirm("alice.a@acme.example")
    alice.refresh_from_db()
    assert alice.email == "alice.a@acme.example"
    assert active_grant(alice.pk, proven.tenant_id) is None


def test_a_change_that_waits_for_its_link_is_refused_as_well(proven: Organisation, provider: OpenIdProvider) -> None:
    alice = proven.user("alice")
    assert change_address(by_password("alice@acme.example"), "alice@private.example").status_code == 302
    TOTP.activate(proven.user("olga"), generate_totp_secret())
    connect(proven, "olga", openid(provider, is_only=True))
    assert "which knows you by your address" in text_of(confirm("alice@private.example"))
    alice.refresh_from_db()
    assert alice.email == "alice@acme.example"
    assert active_grant(alice.pk, proven.tenant_id) is None


def test_who_has_an_address_elsewhere_keeps_the_password(alone: Any, proven: Organisation) -> None:
    freelancer = person("fred@elsewhere.example", "Fred")
    with tenant_scope(proven.tenant_id):
        Membership.objects.create(user=freelancer, role=Role.objects.get(slug="agent"), name="Fred")
    assert is_in_console(by_password("fred@elsewhere.example"))


def test_an_owner_with_a_second_factor_is_the_way_in_when_the_provider_breaks(alone: Any, proven: Organisation) -> None:
    proven.join("otto", "owner")
    assert provided_alone("otto@acme.example") is not None, "without one he is as everybody"
    assert provided_alone("olga@acme.example") is None
    answer = Client().post("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert active_grant(proven.user("olga").pk, proven.tenant_id) is not None


@pytest.mark.parametrize("ends", ["removed", "unticked", "domain lost"])
def test_passwords_count_again_when_the_rule_ends(
    alone: Any, proven: Organisation, provider: OpenIdProvider, ends: str
) -> None:
    if ends == "unticked":
        connect(proven, "olga", openid(provider))
    else:
        with tenant_scope(proven.tenant_id):
            if ends == "removed":
                remove_provider(grant=proven.grant("olga"))
            else:
                [one] = EmailDomain.objects.all()
                remove_domain(grant=proven.grant("olga"), domain=one.public_id)
    assert is_in_console(by_password("alice@acme.example"))


def test_nobody_shuts_himself_out(proven: Organisation, provider: OpenIdProvider) -> None:
    """The owner who sets it needs the way in that is left; and a provider that is off is no way in."""
    with pytest.raises(Invalid, match="provider_only"):
        connect(proven, "olga", openid(provider, is_only=True))
    TOTP.activate(proven.user("olga"), generate_totp_secret())
    with pytest.raises(Invalid, match="provider_only_off"):
        connect(proven, "olga", openid(provider, is_only=True, is_on=False))


def test_the_page_says_so_and_keeps_the_choice(proven: Organisation, provider: OpenIdProvider) -> None:
    page, typed = "/admin/security/provider/", {"kind": "openid", "issuer": provider.issuer, "client_id": "acme-chat"}
    typed |= {"secret": "hidden-secret", "is_on": "on", "is_only": "on", "save": "1"}
    browser = sign_in(proven.user("olga")).client
    assert "Set up a second factor of your own first" in errors_of(browser.post(page, typed))
    TOTP.activate(proven.user("olga"), generate_totp_secret())
    browser = sign_in(proven.user("olga")).client
    assert browser.post(page, typed).status_code == 302
    assert stored(proven).is_on
    assert re.search(r'<input[^>]* id="id_is_only"[^>]* checked', text_of(browser.get(page)))
