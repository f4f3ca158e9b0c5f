"""An organisation's rules about passwords and second factors, in a session that its provider opened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from security.models import User
from security.permissions import Came, Permission
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import Membership, Policy
from tenants.services.people.password_warnings import warn_of_passwords
from tenants.services.rights.changing import begin_change
from tenants.services.settings import led_to_new_passwords

from ...security.identity.openid_provider import OpenIdProvider
from ..people import PASSWORD, Organisation
from .providers import arrive, by_password, connect, is_in_console, openid

pytestmark = pytest.mark.django_db
CHANGE = "/accounts/password/change/"
ENROL = "/accounts/2fa/"


def outdate(of: Organisation, name: str, rule: str) -> None:
    """The member's password does not do any more, by this rule."""
    long_ago = timezone.now() - timedelta(days=91)
    User.objects.filter(email=f"{name}@{of.slug}.example").update(
        password_changed_at=long_ago, must_change_password=rule == "platform"
    )
    with tenant_scope(of.tenant_id):
        if rule == "age":
            Policy.objects.update(password_max_age_days=90)
        elif rule == "everybody":
            Policy.objects.update(password_change_required_at=timezone.now())
        elif rule == "member":
            Membership.objects.update(password_change_required_at=timezone.now())


def require_factor(of: Organisation) -> None:
    with tenant_scope(of.tenant_id):
        Policy.objects.update(
            second_factor_required=True, second_factor_grace_days=0, second_factor_since=timezone.now()
        )


@pytest.mark.parametrize("rule", ["age", "everybody", "member", "platform"])
def test_no_rule_about_passwords_stops_whom_the_provider_signs_in(
    proven: Organisation, provider: OpenIdProvider, rule: str
) -> None:
    """His own password stays under them: when he signs in by it, they hold."""
    entry = connect(proven, "olga", openid(provider))
    outdate(proven, "ada", rule)
    client, _ = arrive(provider, entry, "ada@acme.example")
    assert client.get("/start/").headers["Location"] == "/console/"
    page = client.get("/console/").content.decode()
    assert "Your password" not in page
    assert is_in_console(client)
    assert client.get("/admin/").status_code == 200
    other = by_password("ada@acme.example")
    assert other.get("/console/").headers["Location"].startswith(CHANGE)
    assert not is_in_console(other)


def test_what_is_asked_again_inside_a_change_of_rights_is_asked_of_the_same_session(proven: Organisation) -> None:
    came = Came(proven.tenant_id)
    outdate(proven, "ada", "age")
    grant = active_grant(proven.user("ada").pk, proven.tenant_id, came=came)
    assert grant is not None
    assert active_grant(proven.user("ada").pk, proven.tenant_id, came=Came(proven.tenant_id + 1)) is None
    with tenant_scope(proven.tenant_id):
        assert begin_change(grant, Permission.CONFIGURATION_MEMBERS).came == came


@pytest.mark.parametrize(("said", "counts"), [("mfa", True), ("pwd", False), ("MFA", False), ("", False)])
def test_a_second_factor_at_the_provider_counts_by_the_owners_word_alone(
    proven: Organisation, provider: OpenIdProvider, settings: Settings, said: str, counts: bool
) -> None:
    settings.SECOND_FACTOR_FOR_ADMINS = True
    entry = connect(proven, "olga", openid(provider, second_factor_words=("mfa",)))
    require_factor(proven)
    client, _ = arrive(provider, entry, "ada@acme.example", acr=said)
    assert is_in_console(client) is counts
    led = client.get("/admin/")
    assert led.status_code == 200 if counts else led.headers["Location"].startswith(ENROL)
    client.post("/accounts/logout/")
    assert client.post("/accounts/login/", {"login": "ada@acme.example", "password": PASSWORD}).status_code == 302
    assert not is_in_console(client), "by password, in the same browser, nothing was shown"


def test_a_second_factor_at_the_provider_counts_in_the_admin_where_nothing_else_asks(
    proven: Organisation, provider: OpenIdProvider, settings: Settings
) -> None:
    settings.SECOND_FACTOR_FOR_ADMINS = True
    entry = connect(proven, "olga", openid(provider, second_factor_words=("mfa",)))
    for said, is_let_in in (("mfa", True), ("pwd", False)):
        client, _ = arrive(provider, entry, "ada@acme.example", acr=said)
        assert (client.get("/admin/").status_code == 200) is is_let_in
    client, _ = arrive(provider, entry, "ada@acme.example", acr="mfa")
    User.objects.filter(email="ada@acme.example").update(is_operator=True)
    assert client.get("/admin/platform/tenants/").status_code == 403


def test_a_second_factor_at_one_organisations_provider_counts_in_no_other(
    proven: Organisation, rival: Organisation
) -> None:
    require_factor(rival)
    mallory = rival.user("mallory").pk
    elsewhere, here = Came(proven.tenant_id, has_shown_factor=True), Came(rival.tenant_id, has_shown_factor=True)
    assert active_grant(mallory, rival.tenant_id, came=elsewhere) is None
    assert active_grant(mallory, rival.tenant_id, came=Came(rival.tenant_id)) is None
    assert active_grant(mallory, rival.tenant_id, came=here) is not None


def test_who_has_no_password_is_not_told_that_it_grows_old(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider, joining_role="agent"))
    client, _ = arrive(provider, entry, "nina@acme.example")
    outdate(proven, "nina", "everybody")
    with tenant_scope(proven.tenant_id):
        nobody = User.objects.exclude(email="nina@acme.example")
        nobody.update(password_changed_at=timezone.now() + timedelta(days=1))
        Policy.objects.update(password_max_age_days=95)
        assert warn_of_passwords(now=timezone.now()) == 0
        assert led_to_new_passwords(grant=proven.grant("olga"), now=timezone.now()) == 0
    assert is_in_console(client)


def test_a_sign_in_counts_once_on_the_way_there_and_once_on_the_way_back(
    proven: Organisation, provider: OpenIdProvider, settings: Settings
) -> None:
    entry = connect(proven, "olga", openid(provider))
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "provider": "1/m/ip", "provider_answer": "1/m/ip"}
    client, _ = arrive(provider, entry, "alice@acme.example")
    assert is_in_console(client)
    begin = f"/accounts/provider/{entry}/"
    stranger = Client()
    asked = [stranger.get(begin), stranger.get(f"{begin}openid/"), stranger.post(f"{begin}saml/")]
    assert [page.status_code for page in asked] == [429, 429, 429]
