"""Nothing that axe finds fault with, in both schemes: WCAG 2.2 A and AA, and good practice."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Locator, Page, expect

from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .people import Agent, Visitor
from .sessions import sign_in
from .talks import begin

TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
# Preloading reads style sheets anew, and looks for what they import beside the page.
OPTIONS: dict[str, Any] = {"runOnly": TAGS, "resultTypes": ["violations"], "iframes": False, "preload": False}
# axe builds code from strings, which our policy forbids to everybody.
CONTEXT: dict[str, Any] = {"bypass_csp": True, "reduced_motion": "reduce"}


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clean_page(pages: Pages, acme: Organisation, scheme: str) -> Page:
    return pages.open(color_scheme=scheme, **CONTEXT)


def faults(place: Page | Frame) -> list[str]:
    """What axe finds, one line each."""
    found = Axe().run(place, options=OPTIONS).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def paths_in(links: Locator) -> list[str]:
    paths: list[str] = links.evaluate_all("links => [...new Set(links.map((link) => link.pathname))]")
    return paths


def widget_frame(visitor: Visitor) -> Frame:
    frame = visitor.page.frame(url="**/widget/**")
    assert frame is not None
    return frame


@pytest.mark.parametrize(
    "path", ["/", "/signup/", "/accounts/login/", "/accounts/password/reset/", "/demo/{key}/", "/demo/{key}/lamp/"]
)
def test_public_pages(clean_page: Page, acme: Organisation, path: str) -> None:
    clean_page.goto(path.format(key=acme.site_key))
    assert faults(clean_page) == []


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


def test_admin(clean_page: Page, acme: Organisation, server: WebServer) -> None:
    sign_in(clean_page, "olga@acme.example", server.url)
    clean_page.goto("/admin/")
    expect(clean_page.get_by_role("heading", name="Administration")).to_be_visible()
    found = {"/admin/": faults(clean_page)}
    for path in paths_in(clean_page.get_by_role("main").get_by_role("link")):
        clean_page.goto(path)
        found[path] = faults(clean_page)
        for form in paths_in(clean_page.locator("#result_list tbody th a"))[:1]:
            clean_page.goto(form)
            found[f"{path} form"] = faults(clean_page)
    assert len(found) > 10
    assert {path: those for path, those in found.items() if those} == {}
