"""The Masking page in a browser: by keyboard, on a phone, in both schemes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .looks import CONTEXT, faults
from .sessions import sign_in
from .talks import begin

TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll"))
    .map((one) => one.outerHTML.slice(0, 80))"""
CARD = "4242 4242 4242 4242"


@pytest.fixture
def olga(pages: Pages, acme: Organisation, server: WebServer) -> Page:
    page = pages.open(viewport={"width": 390, "height": 844})
    sign_in(page, "olga@acme.example", server.url)
    page.goto("/admin/masking/")
    return page


def press(page: Page, name: str) -> None:
    """Reach a button or link by its name and press it, without a mouse; the page that answers is there afterwards."""
    found = page.get_by_role("link", name=name, exact=True).or_(page.get_by_role("button", name=name, exact=True))
    found.focus()
    with page.expect_event("load"):
        page.keyboard.press("Enter")


def add_rule(page: Page, name: str, value: str) -> None:
    press(page, "Add a rule")
    page.get_by_label("Name").fill(name)
    page.get_by_label("What is hidden").fill(value)
    press(page, "Save to the draft")


def test_a_rule_is_made_tried_and_activated_by_keyboard_on_a_phone(olga: Page, acme: Organisation) -> None:
    begin(acme, "Vera", "I am EMP-123456", minutes_ago=5)
    add_rule(olga, "Staff", "EMP-######")
    add_rule(olga, "Orders", "ORD-####")
    press(olga, "Move Orders up")
    names = olga.locator("section:has(#rules) tbody th")
    expect(names).to_have_text(["Orders", "Staff"])
    press(olga, "Try on the last 1,000 messages")
    expect(olga.get_by_text("Would have hit 1 of your last")).to_be_visible()
    expect(olga.get_by_text("AAA-999999")).to_be_visible()
    press(olga, "Activate")
    expect(olga.get_by_role("heading", name="Version 2 masks now")).to_be_visible()
    assert olga.evaluate(TOO_WIDE) == []


def test_a_text_is_tried_while_it_is_typed_and_stays_where_it_was_typed(olga: Page) -> None:
    sent: list[str] = []
    olga.on("request", lambda request: sent.append(request.url))
    tester = olga.locator("[data-tester]")
    tester.get_by_label("Message").press_sequentially(f"pay by card {CARD}", delay=5)
    expect(tester.get_by_text("pay by card •••• •••• •••• 4242")).to_be_visible()
    expect(tester.get_by_text("Card number", exact=True)).to_be_visible()
    assert not any("4242" in url for url in sent), "Nothing that is typed stands in an address"
    tester.get_by_label("Message").fill("See you at 10")
    expect(tester.get_by_text("Nothing is hidden.")).to_be_visible()
    expect(tester.get_by_text("Looked for: Card number")).to_be_visible()
    tester.get_by_label("Message").fill("")
    expect(tester.get_by_text("Nothing is hidden.")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_axe_finds_nothing(pages: Pages, acme: Organisation, server: WebServer, scheme: str, width: int) -> None:
    begin(acme, "Vera", "I am EMP-123456", minutes_ago=5)
    page = pages.open(color_scheme=scheme, viewport={"width": width, "height": 900}, **CONTEXT)
    sign_in(page, "olga@acme.example", server.url)
    page.goto("/admin/masking/rules/add/")
    assert faults(page) == []
    page.get_by_role("button", name="Save to the draft").click()
    page.goto("/admin/masking/")
    add_rule(page, "Staff", "EMP-######")
    press(page, "Try on the last 1,000 messages")
    expect(page.get_by_text("Would have hit 1 of your last")).to_be_visible()
    page.get_by_role("textbox", name="Message").fill(f"EMP-123456 {CARD}")
    expect(page.locator(".result")).to_be_visible()
    assert faults(page) == []
    press(page, "Activate")
    press(page, "See what would change")
    expect(page.locator("progress, [id=stored] ~ .panel strong").first).to_be_visible()
    assert faults(page) == []
