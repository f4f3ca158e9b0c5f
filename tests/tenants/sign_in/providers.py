"""Organisations with a proven domain and a real provider, and the way through it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.test import Client
from django.utils import timezone

from chat.live.admission import Admitted, admit_staff
from security.scoping import tenant_scope
from tenants.models import IdentityProvider, ProviderKind
from tenants.services.sign_in import domains
from tenants.services.sign_in.domains import Seen
from tenants.services.sign_in.provider import Given, carry_out, save_provider

from ...security.identity.openid_provider import OpenIdProvider
from ..people import PASSWORD, Organisation

LOCAL = ["127.0.0.0/8", "::1/128"]


def prove(of: Organisation, owner: str, domain: str) -> None:
    """The domain is the organisation's."""
    with tenant_scope(of.tenant_id):
        grant = of.grant(owner)
        named = domains.claim_domain(grant=grant, domain=domain)
        asked = domains.begin_check(grant=grant, domain=named.public_id)
        assert domains.note_check(grant=grant, seen=Seen(asked, True), now=timezone.now()) == ""


def connect(of: Organisation, owner: str, given: Given) -> UUID:
    """The provider is the organisation's; its public id."""
    tried = carry_out(given, now=timezone.now())
    assert tried.code == ""
    with tenant_scope(of.tenant_id):
        return save_provider(grant=of.grant(owner), tried=tried, now=timezone.now()).public_id


def openid(provider: OpenIdProvider, **more: Any) -> Given:
    """What an owner types for the real one."""
    return Given(ProviderKind.OPENID, issuer=provider.issuer, client_id="acme-chat", secret="hidden-secret", **more)


def stored(of: Organisation) -> IdentityProvider:
    with tenant_scope(of.tenant_id):
        return IdentityProvider.objects.get()


def sent_there(client: Client, entry: UUID, **more: str) -> Any:
    """The answer to going on from the page that offers the way there."""
    page = client.get(f"/accounts/provider/{entry}/", more)
    (way,) = re.findall(r'href="([^"]*[?]go=[^"]*)"', page.content.decode())
    sent = client.get(unescape(way))
    assert sent.status_code == 303
    return sent


def come_back(client: Client, provider: OpenIdProvider, entry: UUID, subject: str) -> Any:
    """Sent there, signed in there, and back."""
    sent = sent_there(client, entry)
    given = provider.answer(sent["Location"], subject)
    return client.get(f"/accounts/provider/{entry}/openid/", given)


def arrive(provider: OpenIdProvider, entry: UUID, email: str, **claims: Any) -> tuple[Client, Any]:
    """A browser that came back, as whom the provider names by this address, and what it was answered."""
    subject = claims.pop("subject", f"sub-{email}")
    provider.add(subject, **{"email": email, "email_verified": True, "name": "Somebody", **claims})
    client = Client()
    return client, come_back(client, provider, entry, subject)


def is_in_console(client: Client) -> bool:
    """By the page and by the socket."""
    page = client.get("/console/").status_code == 200
    socket = isinstance(admit_staff(str(client.session.session_key), "127.0.0.1"), Admitted)
    assert page is socket
    return page


def by_password(email: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return client


def question_of(location: str) -> str:
    """The SAML request in an address."""
    return parse_qs(urlsplit(location).query)["SAMLRequest"][0]
