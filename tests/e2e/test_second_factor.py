"""A passkey, with Chromium's virtual authenticator: added, then shown at sign-in; and what forms say of a password that is typed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from security.models import User
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import PASSWORD, organisation

pytestmark = [pytest.mark.browser, pytest.mark.real_hashes]
OLGA = "olga@acme.example"


def shot(page: Page, name: str) -> None:
    """For who wants to look: SHOTS names a folder."""
    if os.environ.get("SHOTS"):
        page.screenshot(path=Path(os.environ["SHOTS"]) / f"{name}.png", full_page=True)


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(OLGA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login/" not in url)


def test_a_passkey_is_added_and_asked_for(pages: Pages, server: WebServer) -> None:
    organisation("acme", "olga")
    pages.base_url = server.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, not to an address
    page = pages.open()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    sign_in(page)
    page.goto("/accounts/2fa/")
    shot(page, "factor")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    shot(page, "add")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    shot(page, "codes")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page)
    expect(page.get_by_role("heading", name="Your second factor")).to_be_visible()
    shot(page, "asked")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "/2fa/" not in url)
    page.goto("/console/")
    expect(page).to_have_title("Console")


def test_rules_and_strength_are_shown_while_a_password_is_typed(pages: Pages, server: WebServer) -> None:
    organisation("acme", "olga")
    page = pages.open()
    sign_in(page)
    page.goto("/accounts/password/change/")
    field = page.locator("#id_password1")
    field.fill("passwordpassword")
    expect(page.get_by_text("Many people use this password.")).to_be_visible()
    shot(page, "common")
    field.fill("short")
    expect(page.locator("[data-rule=length]")).to_have_attribute("data-met", "false")
    field.fill("quiet-lantern-orbit-marble")
    expect(page.get_by_text("Very hard to guess")).to_be_visible()
    expect(page.locator("[data-rule=length]")).to_have_attribute("data-met", "true")
    assert User.objects.get(email=OLGA).check_password(PASSWORD), "nothing was sent but what was asked about"
    for path, name in (("passwords", "a-passwords"), ("locks", "a-locks"), ("second-factor", "a-factor")):
        page.goto(f"/admin/security/{path}/")
        shot(page, name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
