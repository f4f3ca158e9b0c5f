"""An organisation's own identity provider, from the domain's record to the last sign-in, in Chromium; the providers are real ones on this machine."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree
from playwright.sync_api import Page, Route, expect

from security.identity.metadata import ServiceProvider
from tests.security.identity.name_server import NameServer, running
from tests.security.identity.openid_provider import OpenIdProvider
from tests.security.identity.saml_provider import SamlHouse, house, posted
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation, organisation
from tests.tenants.sign_in.providers import prove

from .looks import CONTEXT, look_at
from .sessions import sign_in

DOMAINS, PROVIDER = "/admin/security/domains/", "/admin/security/provider/"
BY_PROVIDER = "Sign in with your organisation's identity provider"


@pytest.fixture(scope="module")
def names(running_server: WebServer) -> Iterator[NameServer]:
    """Where the server asks whose a domain is."""
    with running(int(running_server.extra["DNS_SERVERS"].rpartition(":")[2])) as found:
        yield found


@pytest.fixture
def acme(server: WebServer) -> Organisation:
    """Olga owns it, Alice works there."""
    made = organisation("acme", "olga")
    made.join("alice", "agent")
    return made


@pytest.fixture
def olga(pages: Pages, acme: Organisation, server: WebServer) -> Page:
    page = pages.open(**CONTEXT)
    sign_in(page, "olga@acme.example", server.url)
    return page


def to_the_provider(page: Page) -> None:
    """From the page of signing in, by the keyboard alone."""
    page.goto("/accounts/login/")
    page.get_by_role("link", name=BY_PROVIDER).press("Enter")
    page.get_by_label("E-mail address").fill("alice@acme.example")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Go on to the identity provider").press("Enter")


def at_the_openid_provider(page: Page) -> None:
    """Alice is who she says there; she comes back by herself."""
    page.locator("input[name=sub]").fill("sub-alice")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/**")


def is_in(page: Page) -> bool:
    """Whether the console opens."""
    page.goto("/console/")
    return page.title() == "Console"


def proves_the_domain(page: Page, names: NameServer) -> None:
    page.goto(DOMAINS)
    page.get_by_label("Domain", exact=True).fill("acme.example")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Check acme.example").press("Enter")
    expect(page.get_by_text("do not show the record yet")).to_be_visible()
    name, word = page.locator("[data-copy-text]").all_text_contents()
    expect(page.get_by_role("button", name="Copy")).to_have_count(2)
    names.records = {name: [word]}
    page.get_by_role("button", name="Check acme.example").press("Enter")
    expect(page.get_by_text("Proven: acme.example is yours")).to_be_visible()
    assert look_at(page) == []


def test_a_member_comes_in_by_openid_connect_until_the_owner_removes_it(
    pages: Pages, olga: Page, names: NameServer, openid_house: OpenIdProvider
) -> None:
    openid_house.add("sub-alice", email="alice@acme.example", email_verified=True, name="Alice")
    proves_the_domain(olga, names)
    olga.goto(PROVIDER)
    issuer, client = olga.get_by_label("OpenID Connect: issuer"), olga.get_by_label("OpenID Connect: client id")
    issuer.fill(openid_house.issuer + "/elsewhere")
    client.fill("acme-chat")
    olga.get_by_label("OpenID Connect: client secret").fill("hidden-secret")
    olga.get_by_role("button", name="Test only").press("Enter")
    expect(issuer).to_have_attribute("aria-invalid", "true")
    expect(client).to_have_value("acme-chat")
    assert look_at(olga) == []
    issuer.fill(openid_house.issuer)
    olga.get_by_label("OpenID Connect: client secret").fill("hidden-secret")
    olga.get_by_role("button", name="Test and save").press("Enter")
    expect(olga.get_by_text("It answers, and is saved")).to_be_visible()
    alice = pages.open()
    alice.route(
        re.compile("^https:"), lambda route: route.fulfill(body="", content_type="text/css")
    )  # the provider's looks
    to_the_provider(alice)
    at_the_openid_provider(alice)
    assert is_in(alice)
    alice.goto("/accounts/logout/")
    alice.locator("#main").get_by_role("button", name="Sign out").press("Enter")
    alice.wait_for_url(lambda url: "/logout/" not in url)
    assert not is_in(alice)
    to_the_provider(alice)
    at_the_openid_provider(alice)
    olga.get_by_role("button", name="Remove the identity provider").press("Enter")
    expect(olga.get_by_text("Removed. Members sign in by password.")).to_be_visible()
    assert not is_in(alice), "what it opened has ended"
    alice.goto("/accounts/provider/")
    alice.get_by_label("E-mail address").fill("alice@acme.example")
    alice.keyboard.press("Enter")
    expect(alice.get_by_text("No identity provider is set up for this domain")).to_be_visible()


def answering(theirs: SamlHouse, page: Page) -> None:
    """The provider's page, in this browser: it posts who Alice is to where the question came from."""

    def answer(route: Route) -> None:
        packed = parse_qs(urlsplit(route.request.url).query)["SAMLRequest"][0]
        question = etree.fromstring(zlib.decompress(b64decode(packed), -15))
        document = posted(theirs.answer(str(question.get("ID"))))
        field = f'<input type="hidden" name="SAMLResponse" value="{document}">'
        form = f'<form method="post" action="{theirs.us.answers_at}">{field}<button>Go on</button></form>'
        route.fulfill(body=f"<!doctype html><title>Provider</title>{form}", content_type="text/html")

    page.route("https://provider.example/**", answer)


def test_a_member_comes_in_by_saml(pages: Pages, acme: Organisation, olga: Page, tmp_path: Path) -> None:
    prove(acme, "olga", "acme.example")
    first = house(tmp_path, ServiceProvider("https://unknown.example", "https://unknown.example"))
    olga.goto(PROVIDER)
    olga.get_by_label("What it speaks").select_option("saml")
    olga.get_by_label("SAML: or the metadata itself").fill(first.metadata.decode())
    olga.get_by_role("button", name="Test and save").press("Enter")
    expect(olga.get_by_text("It answers, and is saved")).to_be_visible()
    expect(olga.get_by_text("Its certificate ends in 30 days")).to_be_visible()
    assert look_at(olga) == []
    theirs = house(tmp_path, ServiceProvider(*olga.locator("[data-copy-text]").all_text_contents()))
    alice = pages.open()
    answering(theirs, alice)
    to_the_provider(alice)
    alice.get_by_role("button", name="Go on").press("Enter")
    alice.wait_for_url("**/console/**")
    assert is_in(alice)
