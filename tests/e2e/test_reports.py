"""The reports in a browser: by keyboard, on a phone, in both schemes, with hostile names."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from chat.reports.reading import KINDS
from security.scoping import tenant_scope
from tenants.models import Department, Membership
from tenants.services.masking.counts import add_counts
from tests.chat.reports.given import Told, store
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .looks import CONTEXT, look_at
from .sessions import sign_in
from .test_masking_page import TOO_WIDE

HOSTILE = '"><img src=x onerror=alert(1)>' + "W" * 60


@pytest.fixture
def busy(acme: Organisation) -> Organisation:
    """Three weeks in which somebody answered, under names that try to be markup."""
    now = timezone.now()
    told = []
    for number in range(21):
        begun = now - timedelta(days=number, hours=number % 7)
        replied = begun + timedelta(seconds=40 + number * 9)
        one = Told(begun, "Support", "Acme", "alice" if number % 3 else "bob", replied=replied, outcome="resolved")
        one.replied_by = one.agent
        one.said = [(one.agent or "", replied)]
        one.closed = replied + timedelta(minutes=5) if number else None
        one.rating = (number % 5) + 1 if one.closed else None
        told.append(one)
    store(acme, [*told, Told(now - timedelta(minutes=3), "Support", "Acme", None)])
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(name="Bob").update(name=HOSTILE)
        Department.objects.filter(name="Support").update(name=HOSTILE)
        add_counts(hits={(now.date(), HOSTILE[:80], "custom"): 3}, withheld=0)
    return acme


def opened(pages: Pages, server: WebServer, who: str, **options: object) -> Page:
    page = pages.open(**options)
    sign_in(page, f"{who}@acme.example", server.url)
    return page


def test_a_period_is_chosen_and_numbers_are_looked_at_by_keyboard_on_a_phone(
    pages: Pages, busy: Organisation, server: WebServer
) -> None:
    page = opened(pages, server, "olga", viewport={"width": 390, "height": 844})
    page.goto("/admin/reports/")
    page.get_by_label("Period").focus()
    page.keyboard.type("7")
    page.get_by_role("button", name="Show", exact=True).focus()
    with page.expect_event("load"):
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("period=7"))
    first = page.locator("#report-flow ~ details summary")
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#report-flow ~ details tbody tr")).to_have_count(7)
    assert page.evaluate(TOO_WIDE.replace(".scroll", ".scroll, svg")) == []


def test_axe_finds_nothing_and_nothing_sticks_out(pages: Pages, busy: Organisation, server: WebServer) -> None:
    page = opened(pages, server, "olga", **CONTEXT)
    found = {}
    for path in (*(f"/admin/reports/{kind.slug}/" for kind in KINDS), "/console/reports/"):
        page.goto(path)
        for summary in page.locator("details.report__data summary").all():
            summary.click()
        found[path] = look_at(page)
    assert {path: those for path, those in found.items() if those} == {}


def test_the_strict_policy_is_kept_and_csv_comes_as_a_file(pages: Pages, busy: Organisation, server: WebServer) -> None:
    page = opened(pages, server, "olga")
    for kind in KINDS:
        page.goto(f"/admin/reports/{kind.slug}/")
        expect(page.get_by_role("heading", name="Reports")).to_be_visible()
    page.goto("/admin/reports/agents/")
    with page.expect_download() as download:
        page.locator("#report-agents ~ .report__out a").first.click()
    assert download.value.suggested_filename.startswith("agents-")
    text = download.value.path().read_text()
    assert text.splitlines()[0].startswith('"agent","conversations"')
    assert '"Alice"' in text
