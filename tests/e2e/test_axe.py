"""Nothing that axe finds fault with, in both schemes: WCAG 2.2 A and AA, and good practice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Frame, Page, expect

from security.scoping import tenant_scope
from tenants.services.people.members import require_password_change
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .looks import CONTEXT, faults, look_at, walk
from .people import Agent, Visitor
from .sessions import sign_in
from .talks import begin


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clean_page(pages: Pages, acme: Organisation, scheme: str) -> Page:
    return pages.open(color_scheme=scheme, **CONTEXT)


def widget_frame(visitor: Visitor) -> Frame:
    frame = visitor.page.frame(url="**/widget/**")
    assert frame is not None
    return frame


def test_public_pages(pages: Pages, acme: Organisation) -> None:
    shop = f"/demo/{acme.site_key}/"
    paths = ["/", "/signup/", "/accounts/login/", "/accounts/password/reset/", shop, f"{shop}lamp/"]
    assert walk(pages.open(**CONTEXT), paths) == {}


def test_account_pages(pages: Pages, acme: Organisation, server: WebServer) -> None:
    page = pages.open(**CONTEXT)
    sign_in(page, "olga@acme.example", server.url)
    paths = ["password/change/", "email/", "sessions/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/add/", "logout/"]
    assert walk(page, [f"/accounts/{path}" for path in paths]) == {}


def test_get_started(clean_page: Page, server: WebServer) -> None:
    sign_in(clean_page, "olga@acme.example", server.url)
    clean_page.goto("/get-started/")
    expect(clean_page.frame_locator("iframe").locator("[data-standing]")).not_to_be_empty()
    assert faults(clean_page) == []


def test_widget(clean_page: Page, acme: Organisation) -> None:
    visitor = Visitor(clean_page).visit(f"/demo/{acme.site_key}/").open()
    frame = widget_frame(visitor)
    assert faults(frame) == []
    visitor.say("Is anybody there? https://shop.example")
    assert faults(frame) == []
    visitor.chat.get_by_role("button", name="More").click()
    assert faults(frame) == []
    visitor.chat.get_by_role("button", name="End chat").click()
    visitor.chat.locator("label.score").nth(4).click()
    assert faults(frame) == []
    assert faults(clean_page) == []


def test_console(clean_page: Page, acme: Organisation, server: WebServer) -> None:
    for name in ("Vera", "Tom"):
        begin(acme, name, "My card is 4242 4242 4242 4242", minutes_ago=5, email="vera@mail.example")
    sign_in(clean_page, "alice@acme.example", server.url)
    alice = Agent(clean_page).enter()
    expect(alice.rows).to_have_count(2)
    assert faults(clean_page) == []
    alice.take_next().reply("Please never send card numbers.")
    assert faults(clean_page) == []
    clean_page.get_by_role("button", name="Private note").click()
    alice.reply("Told her")
    assert faults(clean_page) == []
    alice.field.blur()
    for key, name in (("?", "Keyboard shortcuts"), ("Control+k", "Commands"), ("a", "Transfer"), ("e", "Close")):
        clean_page.keyboard.press(key)
        expect(clean_page.get_by_role("dialog", name=name)).to_be_visible()
        assert faults(clean_page) == []
        clean_page.keyboard.press("Escape")
    clean_page.get_by_role("button", name="Account and settings").click()
    assert faults(clean_page) == []


def test_a_console_that_turned_somebody_away(pages: Pages, acme: Organisation, server: WebServer) -> None:
    page = pages.open(**CONTEXT)
    sign_in(page, "alice@acme.example", server.url)
    Agent(page).enter()
    with tenant_scope(acme.tenant_id):
        require_password_change(grant=acme.grant("olga"), member=acme.member("alice").public_id)
    bar = page.get_by_role("region", name="Connection")
    expect(bar.get_by_role("button", name="Change the password")).to_be_visible()
    expect(page.get_by_text("press N to take")).to_be_hidden()
    expect(page.get_by_role("region", name="Conversations")).to_be_hidden()
    assert look_at(page) == []
    bar.get_by_role("button", name="Change the password").click()
    page.wait_for_url("**/accounts/password/change/**")
    pages.forgive("status of 403")
