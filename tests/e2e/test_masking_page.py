"""The Masking page in a browser: by keyboard, on a phone, in both schemes."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from chat.models import JobKind
from chat.services import masking_jobs
from security.crypto.sealed import SealedData
from security.scoping import tenant_scope
from tenants.models import MaskingVersion
from tenants.services.masking.counts import UNDONE, add_counts
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .looks import CONTEXT, look_at
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


def test_axe_finds_nothing(pages: Pages, acme: Organisation, server: WebServer) -> None:
    begin(acme, "Vera", "I am EMP-123456", minutes_ago=5)
    page = pages.open(**CONTEXT)
    sign_in(page, "olga@acme.example", server.url)
    page.goto("/admin/masking/rules/add/")
    page.get_by_role("button", name="Save to the draft").click()
    assert look_at(page) == [], "what is missing is said"
    page.goto("/admin/masking/")
    add_rule(page, "Staff", "EMP-######")
    press(page, "Try on the last 1,000 messages")
    expect(page.get_by_text("Would have hit 1 of your last")).to_be_visible()
    page.get_by_role("textbox", name="Message").fill(f"EMP-123456 {CARD}")
    expect(page.locator(".result")).to_be_visible()
    assert look_at(page) == []
    press(page, "Activate")
    press(page, "See what would change")
    expect(page.locator("progress, [id=stored] ~ .panel strong").first).to_be_visible()
    assert look_at(page) == []


def test_axe_finds_nothing_before_re_masking_nor_when_it_is_serious(
    pages: Pages, acme: Organisation, server: WebServer
) -> None:
    grant, now = acme.grant("olga"), timezone.now()
    begin(acme, "Vera", f"My card is {CARD}", minutes_ago=5)
    with tenant_scope(acme.tenant_id):
        trial = masking_jobs.begin(grant=grant, kind=JobKind.REMASK_TRIAL, now=now)
        while masking_jobs.advance(job=trial.public_id, worker=UUID(int=1), now=now):
            pass
        add_counts(hits={(now.date(), "card", "card"): 3, (now.date(), "phone", UNDONE): 2}, withheld=0)
    page = pages.open(**CONTEXT)
    sign_in(page, "olga@acme.example", server.url)
    page.goto("/admin/masking/")
    expect(page.get_by_text("Taken back by visitors")).to_be_visible()
    assert look_at(page) == []
    press(page, "Mask stored messages again")
    expect(page.get_by_text("What is hidden then cannot be had back.")).to_be_visible()
    assert look_at(page) == []
    with tenant_scope(acme.tenant_id):
        MaskingVersion.objects.create(number=9, content=SealedData(b"not ours"))
    page.goto("/admin/masking/")
    expect(page.get_by_role("alert")).to_contain_text("Every message is withheld.")
    assert look_at(page) == []
