"""The page of the provider: what answers is stored, sealed, by owners alone; and the page that finds it by a domain."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from security.errors import Denied, NotFound
from security.identity.metadata import ServiceProvider
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.models import IdentityProvider, ProviderKind, ProviderLink, Role
from tenants.services.rights.roles import remove_role
from tenants.services.sign_in import provider as service
from tenants.services.sign_in.domains import claim_domain
from tenants.services.sign_in.provider import Given, carry_out

from ...security.identity.openid_provider import OpenIdProvider
from ...security.identity.saml_provider import house
from ..admin.pages import Browse, errors_of, sign_in, text_of
from ..people import Organisation
from ..roles import CHATS, P, made
from .providers import come_back, connect, openid, sent_there, stored

pytestmark = pytest.mark.django_db
PAGE = "/admin/security/provider/"


def typed(provider: OpenIdProvider, **altered: str) -> dict[str, str]:
    return {
        "kind": "openid",
        "issuer": provider.issuer,
        "client_id": "acme-chat",
        "secret": "hidden-secret",
        "is_on": "on",
        "second_factor_words": "mfa\n",
        **altered,
    }


def olga(of: Organisation) -> Browse:
    return sign_in(of.user("olga"))


def test_an_owner_tries_and_stores_a_provider(proven: Organisation, provider: OpenIdProvider) -> None:
    browser = olga(proven).client
    tried = browser.post(PAGE, {**typed(provider), "try": "1"})
    assert "Nothing is saved yet" in text_of(tried)
    with tenant_scope(proven.tenant_id):
        assert not IdentityProvider.objects.exists()
    page = text_of(browser.post(PAGE, {**typed(provider), "save": "1"}, follow=True))
    kept = stored(proven)
    assert f"/accounts/provider/{kept.public_id}/openid/" in page
    assert "hidden-secret" not in page
    assert b"hidden-secret" not in bytes(kept.secret or b"")
    assert service.access_provider(kept.public_id).client.secret == "hidden-secret"
    assert proven.actions()[-3:] == ["provider.tried", "provider.tried", "provider.changed"]
    browser.post(PAGE, {**typed(provider, secret=""), "save": "1"})
    assert service.access_provider(kept.public_id).client.secret == "hidden-secret", "left empty, it stays"
    browser.post(f"{PAGE}remove/")
    with pytest.raises(NotFound):
        service.access_provider(kept.public_id)
    assert proven.actions()[-1] == "provider.removed"


def test_the_trail_says_what_a_change_changed_but_not_the_secret(
    proven: Organisation, provider: OpenIdProvider, tmp_path: Path
) -> None:
    connect(proven, "olga", openid(provider))
    given = replace(
        openid(provider), client_id="other-chat", secret="another-secret", second_factor_words=("mfa", "otp")
    )
    connect(proven, "olga", given)
    us = ServiceProvider("https://unknown.example", "https://unknown.example")
    connect(proven, "olga", Given(ProviderKind.SAML, metadata=house(tmp_path, us).metadata.decode()))
    with tenant_scope(proven.tenant_id):
        _, second, third = (
            json.loads(row.entry)["fields"]
            for row in AuditEvent.objects.filter(action="provider.changed").order_by("seq")
        )
        entries = " ".join(AuditEvent.objects.values_list("entry", flat=True))
    assert second == ["client_id", "second_factor_words", "secret"]
    assert {"certificates", "issuer", "kind", "sign_in_url"} <= set(third)
    (certificate,) = stored(proven).certificates
    assert "another-secret" not in entries
    assert certificate not in entries


@pytest.mark.parametrize(
    ("altered", "sentence"),
    [
        ({"issuer": "http://127.0.0.1:1"}, "Nothing answers"),
        ({"issuer": "nonsense"}, "is none that can be asked"),
        ({"client_id": ""}, "Enter the client id"),
        ({"secret": ""}, "Enter the secret"),
        ({"kind": "saml", "metadata": "<x/>"}, "not the metadata of one SAML provider"),
        ({"joining_role": "owner"}, "Select a valid choice"),
        ({"joining_role": "admin"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    proven: Organisation, provider: OpenIdProvider, altered: dict[str, str], sentence: str
) -> None:
    answer = olga(proven).client.post(PAGE, {**typed(provider, **altered), "save": "1"})
    assert sentence in errors_of(answer).replace("&#x27;", "'")
    name = "metadata" if "metadata" in altered else next(iter(altered))
    assert sentence in " ".join(answer.context["form"].errors[name]), "at its field"
    with tenant_scope(proven.tenant_id):
        assert not IdentityProvider.objects.exists()


@pytest.mark.parametrize(
    ("right", "is_offered"),
    [
        (P.CHAT_REPLY, True),
        (P.CONFIGURATION_MEMBERS, False),
        (P.CONFIGURATION_ROLES, False),
        (P.CONFIGURATION_SECURITY, False),
        (P.AUDIT_ERASE_VISITOR, False),
    ],
)
def test_newcomers_join_as_nobody_who_decides_about_others(proven: Organisation, right: P, is_offered: bool) -> None:
    made(proven, "Own", CHATS | {right})
    with tenant_scope(proven.tenant_id):
        offered = {role.slug for role in service.joinable_roles(grant=proven.grant("olga"))}
    assert offered == {"agent", "supervisor", "analyst", "auditor"} | ({"own"} if is_offered else set())


def test_the_role_that_newcomers_join_as_is_not_removed(proven: Organisation, provider: OpenIdProvider) -> None:
    role = made(proven, "Own", CHATS)
    connect(proven, "olga", openid(provider, joining_role=role.slug))
    browser = olga(proven).client
    answer = browser.post(f"/admin/tenants/role/{role.public_id}/remove/", {"to": ""})
    assert "join as this role by your identity provider" in text_of(answer)
    with tenant_scope(proven.tenant_id):
        assert Role.objects.filter(pk=role.pk).exists()
        service.remove_provider(grant=proven.grant("olga"))
        remove_role(grant=proven.grant("olga"), role=role.public_id)


@pytest.mark.parametrize(("issuer", "button"), [("http://127.0.0.1:1", "save"), ("", "try")])
def test_what_was_typed_is_not_lost_but_the_secret(
    proven: Organisation, provider: OpenIdProvider, issuer: str, button: str
) -> None:
    given = typed(provider, issuer=issuer or provider.issuer)
    answer = olga(proven).client.post(PAGE, {**given, button: "1"})
    page = text_of(answer)
    assert f'value="{given["issuer"]}"' in page
    assert 'value="acme-chat"' in page
    assert "hidden-secret" not in page
    assert "ype the secret again" in page


def test_the_page_says_for_whom_it_may_speak(proven: Organisation) -> None:
    with tenant_scope(proven.tenant_id):
        claim_domain(grant=proven.grant("olga"), domain="other.example")
    page = re.sub(r"\s+", " ", text_of(olga(proven).client.get(PAGE)))
    assert re.search(r"acme\.example <[^>]*>Proven<", page)
    assert re.search(r"other\.example <[^>]*>Not proven yet<", page)


def test_metadata_of_a_saml_provider_is_stored(proven: Organisation, tmp_path: Path) -> None:
    theirs = house(tmp_path, ServiceProvider("https://unknown.example", "https://unknown.example"))
    given = {"kind": "saml", "metadata": theirs.metadata.decode(), "is_on": "on", "save": "1"}
    page = text_of(olga(proven).client.post(PAGE, given, follow=True))
    kept = stored(proven)
    assert (kept.kind, kept.issuer, len(kept.certificates)) == ("saml", "https://provider.example/metadata", 1)
    assert service.service_of(kept.public_id).entity_id in page


@pytest.mark.parametrize("name", ["ada", "alice"])
def test_owners_alone_set_it(proven: Organisation, provider: OpenIdProvider, name: str) -> None:
    """Who sets it could come in as an owner."""
    assert sign_in(proven.user(name)).client.get(PAGE).status_code == 403
    tried = carry_out(openid(provider), now=timezone.now())
    with tenant_scope(proven.tenant_id), pytest.raises(Denied):
        service.save_provider(grant=proven.grant(name), tried=tried, now=timezone.now())


def test_an_operator_who_is_in_for_a_time_sets_none(proven: Organisation, provider: OpenIdProvider) -> None:
    tried = carry_out(openid(provider), now=timezone.now())
    grant = replace(proven.grant("olga"), entry=uuid4())
    with tenant_scope(proven.tenant_id), pytest.raises(Denied):
        service.save_provider(grant=grant, tried=tried, now=timezone.now())


def test_another_organisation_does_not_see_it(
    proven: Organisation, rival: Organisation, provider: OpenIdProvider
) -> None:
    connect(proven, "olga", openid(provider))
    with tenant_scope(rival.tenant_id):
        assert service.read_provider(grant=rival.grant("mallory")) is None
        with pytest.raises(NotFound):
            service.remove_provider(grant=rival.grant("mallory"))


def test_another_issuer_or_client_forgets_whom_the_old_one_meant_and_its_secret(
    proven: Organisation, provider: OpenIdProvider
) -> None:
    entry = connect(proven, "olga", openid(provider))
    provider.add("sub-1", email="alice@acme.example", email_verified=True)
    client = Client()
    assert come_back(client, provider, entry, "sub-1").status_code == 302
    other = Given(ProviderKind.OPENID, issuer=provider.issuer, client_id="another", secret="another-secret")
    assert connect(proven, "olga", other) == entry
    with tenant_scope(proven.tenant_id):
        assert not ProviderLink.objects.exists()
    assert client.get("/console/").status_code == 302, "the session ended"


@pytest.mark.parametrize("is_on", [True, False])
def test_a_provider_that_is_off_leads_nowhere(proven: Organisation, provider: OpenIdProvider, is_on: bool) -> None:
    entry = connect(proven, "olga", openid(provider, is_on=is_on))
    assert Client().get(f"/accounts/provider/{entry}/").status_code == (200 if is_on else 404)


def found(email: str) -> str:
    return text_of(Client().post("/accounts/provider/", {"email": email}))


def told(page: str) -> str:
    """Without what is new each time, and without what was typed."""
    return page[page.index("<main") :].rsplit('name="csrfmiddlewaretoken"', maxsplit=1)[-1].partition(">")[2]


def test_the_domain_alone_decides_where_an_address_leads(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider))
    pages = [found(email) for email in ("alice@acme.example", "nobody@acme.example", "ALICE@Acme.Example")]
    assert all(f"/accounts/provider/{entry}/" in page for page in pages)
    assert len({told(page) for page in pages}) == 1
    others = [found(email) for email in ("mallory@rival.example", "nobody@rival.example", "x@sub.acme.example")]
    assert all("No identity provider is set up for this domain" in page for page in others)
    assert "Enter a valid email" in found("nonsense")


def test_the_way_on_stays_on_our_own_pages(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider))
    provider.add("sub-1", email="alice@acme.example", email_verified=True)

    def came(to: str) -> Any:
        client = Client()
        sent = sent_there(client, entry, next=to)
        return client.get(f"/accounts/provider/{entry}/openid/", provider.answer(sent["Location"], "sub-1"))

    assert came("/console/")["Location"] == "/console/"
    assert came("https://evil.example/")["Location"] == "/start/"


def test_who_is_asked_again_shows_it_at_the_provider(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider))
    provider.add("sub-o", email="olga@acme.example", email_verified=True)
    provider.add("sub-a", email="alice@acme.example", email_verified=True)
    client = Client()
    come_back(client, provider, entry, "sub-o")
    session = client.session
    session["signed_in_at"] = 0.0
    session.save()
    led = client.get(PAGE)
    assert led["Location"].startswith("/accounts/provider/again/?next=")
    back = f"/accounts/provider/{entry}/openid/"
    sent = client.get(led["Location"])
    assert "prompt=login" in sent["Location"]
    assert client.get(back, provider.answer(sent["Location"], "sub-a")).status_code == 403, "somebody else"
    sent = client.get(led["Location"])
    assert client.get(back, provider.answer(sent["Location"], "sub-o"))["Location"] == PAGE
    assert client.get(PAGE).status_code == 200
