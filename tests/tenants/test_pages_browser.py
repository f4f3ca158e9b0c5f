"""Public pages in a real browser: from sign-up to the line that turns, and on the smallest phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tenants.access import access_site
from tenants.services import note_site_seen
from tests.services.browser import Pages

from .people import PASSWORD

pytestmark = pytest.mark.browser


def sign_up(page: Page) -> str:
    """As a stranger does; the key of the new site."""
    page.goto("/signup/")
    for label, value in (
        ("Organisation", "Acme Shop"),
        ("Website", "shop.example"),
        ("Your name", "Olga Owner"),
        ("E-mail address", "olga@acme.example"),
        ("Password", PASSWORD),
    ):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/get-started/")
    found = re.search(r"pk_\w{24}", page.get_by_label("Snippet").inner_text())
    assert found
    return found[0]


def test_the_line_turns_by_itself_when_the_first_page_asks(page: Page) -> None:
    key = sign_up(page)
    line = page.get_by_text("Waiting for your first visitor…")
    expect(line).to_be_visible()
    note_site_seen(access_site(key), "https://shop.example")
    expect(page.get_by_text("Seen on https://shop.example")).to_be_visible(timeout=5000)


def test_the_snippet_is_copied(pages: Pages) -> None:
    page = pages.open(permissions=["clipboard-read", "clipboard-write"])
    key = sign_up(page)
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f'data-key="{key}"></script>')


def test_nothing_overflows_on_the_smallest_phone(pages: Pages) -> None:
    page = pages.open(viewport={"width": 320, "height": 700})
    for path in ("/", "/accounts/login/", "/signup/", "/accounts/password/reset/"):
        page.goto(path)
        assert fits(page), path
    sign_up(page)
    assert fits(page)
    for path in ("/accounts/password/change/", "/accounts/email/", "/accounts/sessions/", "/admin/"):
        page.goto(path)
        assert fits(page), path


def fits(page: Page) -> bool:
    """Nothing to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
