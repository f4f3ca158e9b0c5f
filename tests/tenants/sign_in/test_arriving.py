"""Who comes in by a provider: its organisation's members, with an address in its domain, into that organisation alone."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.utils import timezone
from lxml import etree

from chat.live.admission import Admitted, admit_staff
from security.accounts.people import create_person
from security.identity.metadata import ServiceProvider, metadata_of
from security.models import AuditEvent, User
from security.scoping import tenant_scope
from tenants.models import EmailDomain, Membership, ProviderKind, Role, Subscription, Tenant
from tenants.services.people.members import remove_member, suspend_member
from tenants.services.sign_in import provider as providers_service
from tenants.services.sign_in.provider import Given

from ...security.identity.openid_provider import OpenIdProvider
from ...security.identity.saml_provider import house, posted
from ..admin.pages import text_of
from ..people import Organisation, person
from ..roles import CHATS, P, edited, made
from ..test_masking_rules import EMP, activate, add
from .providers import arrive, connect, openid, prove, question_of, sent_there

pytestmark = pytest.mark.django_db


def signed_in(client: Client) -> str | None:
    """The address of whoever is signed in in this browser."""
    user = client.get("/").wsgi_request.user
    return user.email if isinstance(user, User) else None


def reached(client: Client) -> set[int]:
    """The organisations that the browser's session leads to."""
    return {ref.tenant_id for ref in getattr(client.get("/").wsgi_request, "memberships", ())}


def refused(of: Organisation, answer: Any) -> str:
    """The reason in the organisation's trail."""
    assert answer.status_code == 403, text_of(answer)
    with tenant_scope(of.tenant_id):
        event = AuditEvent.objects.order_by("-seq")[0]
    assert event.action == "session.provider_refused"
    return str(json.loads(event.entry)["detail"]["reason"])


def test_a_member_comes_in_by_the_address_and_then_by_the_subject(
    proven: Organisation, provider: OpenIdProvider
) -> None:
    entry = connect(proven, "olga", openid(provider))
    client, answer = arrive(provider, entry, "Alice@acme.example", subject="sub-1")
    assert answer.status_code == 302, text_of(answer)
    assert signed_in(client) == "alice@acme.example"
    assert client.get("/console/").status_code == 200
    assert isinstance(admit_staff(str(client.session.session_key), "127.0.0.1"), Admitted)
    assert proven.actions()[-2:] == ["member.linked", "session.signed_in"]
    client, answer = arrive(provider, entry, "", subject="sub-1", email_verified=False)
    assert signed_in(client) == "alice@acme.example", "known by now"
    assert proven.actions()[-1] == "session.signed_in"


def test_others_do_not(proven: Organisation, provider: OpenIdProvider) -> None:
    entry, nothing = connect(proven, "olga", openid(provider)), dict[str, Any]()
    for email, claims, reason in (
        ("alice@acme.example", {"email_verified": False}, "provider_email_unverified"),
        ("alice@sub.acme.example", nothing, "provider_domain"),
        ("alice@rival.example", nothing, "provider_domain"),
        ("", nothing, "provider_domain"),
        ("nobody@acme.example", nothing, "provider_no_member"),
    ):
        client, answer = arrive(provider, entry, email, **claims)
        assert refused(proven, answer) == reason, email
        assert signed_in(client) is None


def test_what_is_no_address_makes_no_account(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider, joining_role="agent"))
    for email in (
        "victim@evil.example, x@acme.example",
        "x y@acme.example",
        "a\r\nbcc: x@acme.example",
        f"{'a' * 64}.{'b' * 200}@acme.example",
        "a\0b@acme.example",
    ):
        _, answer = arrive(provider, entry, email, subject="somebody")
        assert refused(proven, answer) == "provider_email", email


def test_a_browser_that_the_provider_knew_is_asked_again(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider))
    now = int(timezone.now().timestamp())
    for hours, is_fresh in ((8, False), (0, True)):
        client, _ = arrive(provider, entry, "olga@acme.example", auth_time=now - hours * 3600)
        answer = client.get("/admin/security/keys/")
        assert (answer.status_code == 200) is is_fresh
        assert is_fresh or "/accounts/provider/again/" in answer["Location"]


def test_one_organisations_provider_signs_in_nobody_of_anothers(
    proven: Organisation, rival: Organisation, provider: OpenIdProvider
) -> None:
    """Mallory's provider says that she is Alice, with Acme's domain, which is not Rival's; then with one that nobody proved."""
    prove(rival, "mallory", "rival.example")
    entry = connect(rival, "mallory", openid(provider))
    for email in ("alice@acme.example", "olga@acme.example"):
        client, answer = arrive(provider, entry, email)
        assert refused(rival, answer) == "provider_domain"
        assert signed_in(client) is None


def test_an_operator_is_nobodys_to_sign_in(proven: Organisation, provider: OpenIdProvider) -> None:
    made = person("oscar@acme.example", "Oscar")
    User.objects.filter(pk=made.pk).update(is_operator=True)
    _, answer = arrive(provider, connect(proven, "olga", openid(provider)), "oscar@acme.example")
    assert refused(proven, answer) == "provider_no_member"


def test_an_address_that_was_given_to_somebody_else_is_not_the_member(
    proven: Organisation, provider: OpenIdProvider
) -> None:
    entry = connect(proven, "olga", openid(provider))
    arrive(provider, entry, "alice@acme.example", subject="first")
    _, answer = arrive(provider, entry, "alice@acme.example", subject="second")
    assert refused(proven, answer) == "provider_other_subject"


def test_who_is_suspended_removed_or_without_a_proven_domain_is_out(
    proven: Organisation, provider: OpenIdProvider
) -> None:
    entry = connect(proven, "olga", openid(provider))
    arrive(provider, entry, "alice@acme.example")
    arrive(provider, entry, "ada@acme.example")
    with tenant_scope(proven.tenant_id):
        suspend_member(grant=proven.grant("olga"), member=proven.member("alice").public_id)
    assert refused(proven, arrive(provider, entry, "alice@acme.example")[1]) == "provider_no_member"
    with tenant_scope(proven.tenant_id):
        EmailDomain.objects.update(verified_at=None)
    assert refused(proven, arrive(provider, entry, "ada@acme.example")[1]) == "provider_domain"


def test_an_account_whose_address_was_never_confirmed_is_not_taken_over_nor_given(
    proven: Organisation, provider: OpenIdProvider
) -> None:
    """Somebody made it in advance, with a password of his own."""
    create_person(email="new@acme.example", full_name="Trap", password="only-for-these-tests", is_confirmed=False)
    entry = connect(proven, "olga", openid(provider, joining_role="agent"))
    assert refused(proven, arrive(provider, entry, "new@acme.example")[1]) == "provider_no_member"


def joined_rival(rival: Organisation, user: User) -> None:
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=user, role=Role.objects.get(slug="owner"), name="Alice")


def test_a_session_leads_to_the_providers_organisation_alone(
    proven: Organisation, rival: Organisation, provider: OpenIdProvider
) -> None:
    joined_rival(rival, proven.user("alice"))
    client, _ = arrive(provider, connect(proven, "olga", openid(provider)), "alice@acme.example")
    assert reached(client) == {proven.tenant_id}
    with tenant_scope(rival.tenant_id):
        public_id = Tenant.objects.get().public_id
    assert client.post(f"/tenants/{public_id}/switch/").status_code == 404
    session = client.session
    session["tenant_id"] = rival.tenant_id
    session.save()
    assert not isinstance(admit_staff(str(session.session_key), "127.0.0.1"), Admitted)
    assert reached(client) == {proven.tenant_id}


def test_a_provider_changes_nobodys_account(
    proven: Organisation, rival: Organisation, provider: OpenIdProvider
) -> None:
    joined_rival(rival, proven.user("alice"))
    client, _ = arrive(provider, connect(proven, "olga", openid(provider)), "alice@acme.example")
    for page in (
        *("/accounts/password/change/", "/accounts/password/set/", "/accounts/email/", "/accounts/2fa/"),
        *("/accounts/sessions/", "/accounts/2fa/totp/activate/", "/accounts/reauthenticate/"),
    ):
        answer = client.get(page)
        assert answer.status_code == 403, page
        assert "leads to that organisation alone" in text_of(answer)
    assert client.get("/accounts/logout/").status_code == 200


def test_who_belongs_nowhere_else_sets_up_a_second_factor(proven: Organisation, provider: OpenIdProvider) -> None:
    client, _ = arrive(provider, connect(proven, "olga", openid(provider)), "alice@acme.example")
    assert client.get("/accounts/2fa/").status_code == 200
    assert client.get("/accounts/2fa/recovery-codes/").headers["Location"] == "/accounts/2fa/", "where that leads"
    assert client.get("/accounts/password/change/").status_code == 403


def test_no_factor_is_taken_away_nor_codes_shown_in_such_a_session(
    proven: Organisation, provider: OpenIdProvider
) -> None:
    client, _ = arrive(provider, connect(proven, "olga", openid(provider)), "alice@acme.example")
    for page in (
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/recovery-codes/download/",
        "/accounts/2fa/webauthn/keys/1/remove/",
    ):
        assert client.post(page).status_code == client.get(page).status_code == 403, page


@pytest.mark.parametrize("suspended", [Membership, Tenant])
def test_who_is_suspended_elsewhere_belongs_there_still(
    proven: Organisation, rival: Organisation, provider: OpenIdProvider, suspended: type[Membership | Tenant]
) -> None:
    joined_rival(rival, proven.user("alice"))
    with tenant_scope(rival.tenant_id):
        suspended.objects.update(status="suspended")
    client, _ = arrive(provider, connect(proven, "olga", openid(provider)), "alice@acme.example")
    for page in ("/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/2fa/recovery-codes/"):
        assert client.get(page).status_code == 403


def test_an_answer_counts_once_and_only_where_it_was_asked(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider))
    provider.add("sub-x", email="alice@acme.example", email_verified=True)
    client, other = Client(), Client()
    sent = sent_there(client, entry)
    given = provider.answer(sent["Location"], "sub-x")
    back = f"/accounts/provider/{entry}/openid/"
    told = proven.actions()
    assert other.get(back, given).status_code == 403
    assert proven.actions() == told, "who asked nothing writes into no trail"
    assert client.get(back, given).status_code == 302
    assert client.get(back, given).status_code == 403


def test_a_page_elsewhere_sends_nobody_there(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider))
    client = Client()
    for way in (f"/accounts/provider/{entry}/", f"/accounts/provider/{entry}/?go=guessed"):
        page = client.get(way, headers={"Sec-Fetch-Site": "cross-site"})
        assert page.status_code == 200, "it is asked first"
    (way,) = re.findall(r'href="([^"]*[?]go=[^"]*)"', page.content.decode())
    assert Client().get(way).status_code == 200, "another browser's word"
    assert client.get(way).status_code == 303
    assert client.get(way).status_code == 200, "once"


def test_a_sign_in_by_password_afterwards_begins_anew(
    proven: Organisation, rival: Organisation, provider: OpenIdProvider
) -> None:
    joined_rival(rival, proven.user("alice"))
    client, _ = arrive(provider, connect(proven, "olga", openid(provider)), "alice@acme.example")
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "alice@acme.example", "password": "only-for-these-tests-battery"})
    assert reached(client) == {proven.tenant_id, rival.tenant_id}


def test_a_newcomer_joins_only_where_the_owner_said_so(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider, joining_role="agent"))
    _, answer = arrive(provider, entry, "nina@acme.example", name="Nina New")
    assert answer.status_code == 302, text_of(answer)
    assert proven.member("nina").role.slug == "agent"
    assert not proven.user("nina").has_usable_password()
    assert proven.actions()[-3:] == ["member.joined", "member.linked", "session.signed_in"]
    with tenant_scope(proven.tenant_id):
        remove_member(grant=proven.grant("olga"), member=proven.member("nina").public_id)
    assert refused(proven, arrive(provider, entry, "nina@acme.example")[1]) == "provider_no_member"


def test_a_role_that_decides_about_others_lets_nobody_in(proven: Organisation, provider: OpenIdProvider) -> None:
    """It was harmless when the owner chose it."""
    helper = made(proven, "Helper", CHATS)
    entry = connect(proven, "olga", openid(provider, joining_role=helper.slug))
    edited(proven, "olga", helper, CHATS | {P.CONFIGURATION_MEMBERS})
    assert refused(proven, arrive(provider, entry, "nina@acme.example")[1]) == "provider_joining"
    assert not User.objects.filter(email="nina@acme.example").exists()


def test_a_newcomers_name_is_masked_by_the_organisations_rules(proven: Organisation, provider: OpenIdProvider) -> None:
    add(proven, EMP, who="olga")
    activate(proven, who="olga")
    entry = connect(proven, "olga", openid(provider, joining_role="agent"))
    arrive(provider, entry, "nina@acme.example", name="Nina EMP-123456")
    assert proven.member("nina").name == proven.user("nina").full_name == "Nina [staff]"
    assert refused(proven, arrive(provider, entry, "emp-123456@acme.example")[1]) == "provider_email"


def test_a_newcomer_takes_a_place_of_the_plan(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider, joining_role="agent"))
    with tenant_scope(proven.tenant_id):
        Subscription.objects.update_or_create(defaults={"members": 3})
    assert refused(proven, arrive(provider, entry, "nina@acme.example")[1]) == "limit_members"
    assert not User.objects.filter(email="nina@acme.example").exists()


def test_saml_comes_in_by_a_form_of_the_providers(proven: Organisation, tmp_path: Path) -> None:
    """The form comes without our cookie; the page that it leads to has it."""
    first = house(tmp_path, ServiceProvider("https://unknown.example", "https://unknown.example"))
    entry = connect(proven, "olga", Given(ProviderKind.SAML, metadata=first.metadata.decode()))
    us = providers_service.service_of(entry)
    theirs = house(tmp_path, us)
    connect(proven, "olga", Given(ProviderKind.SAML, metadata=theirs.metadata.decode()))
    client, anybody = Client(), Client(enforce_csrf_checks=True)
    sent = sent_there(client, entry)
    request = etree.fromstring(zlib.decompress(b64decode(question_of(sent["Location"])), -15))
    document = theirs.answer(str(request.get("ID")), email="alice@acme.example")

    def put() -> str:
        answer = anybody.post(f"/accounts/provider/{entry}/saml/", {"SAMLResponse": posted(document)})
        assert answer.status_code == 303
        return str(answer["Location"])

    assert client.get(f"/accounts/provider/{entry}/saml/").status_code == 404, "a form alone"
    assert Client().get(put()).status_code == 403, "another browser"
    place = put()
    assert client.get(place).status_code == 302
    assert signed_in(client) == "alice@acme.example"
    assert client.get(place).status_code == 403, "once"
    assert client.get(put()).status_code == 403, "to a question once"
    assert client.get(f"/accounts/provider/{entry}/metadata/").content == metadata_of(us)


def test_a_second_factor_of_ones_own_is_asked_for_unless_the_provider_did(
    proven: Organisation, provider: OpenIdProvider
) -> None:
    TOTP.activate(proven.user("alice"), generate_totp_secret())
    entry = connect(proven, "olga", openid(provider, second_factor_words=("mfa",)))
    client, answer = arrive(provider, entry, "alice@acme.example", acr="pwd")
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert signed_in(client) is None
    client, answer = arrive(provider, entry, "alice@acme.example", acr="mfa")
    assert signed_in(client) == "alice@acme.example"
