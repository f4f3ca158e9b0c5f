"""Sizes that people notice: what a finger has to hit, where the launcher stands, what a phone shows of it all."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .conftest import EnterConsole, VisitShop
from .people import Visitor
from .talks import begin
from .websites import Website

FINGER: Final = 44
LEAST: Final = 24
TARGETS: Final = """(least) => [...document.querySelectorAll("button, a[href], input, textarea, select, label.score, summary")]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest(".visually-hidden") && !one.matches(".visually-hidden, p a"))
  .map((one) => [one.textContent.trim() || one.ariaLabel || one.name, one.getBoundingClientRect()])
  .filter(([, {width, height}]) => Math.round(width) < least || Math.round(height) < least)
  .map(([name, {width, height}]) => `${name} ${width}x${height}`)"""


def frame_of(visitor: Visitor) -> Frame:
    frame = visitor.page.frame(url="**/widget/**")
    assert frame is not None
    return frame


def too_small(place: Page | Frame, least: int) -> list[str]:
    found: list[str] = place.evaluate(TARGETS, least)
    return found


def box_of(page: Page, selector: str) -> dict[str, Any]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return dict(box)


def test_the_launcher_and_its_panel_stand_where_they_should(visit_shop: VisitShop) -> None:
    visitor = visit_shop(viewport={"width": 1360, "height": 860}).open()
    launcher, panel = box_of(visitor.page, "div[aria-label=Chat] button"), box_of(visitor.page, "iframe[title=Chat]")
    assert launcher == {"x": 1360 - 20 - 56, "y": 860 - 20 - 56, "width": 56, "height": 56}
    assert (panel["width"], panel["height"]) == (390, 640)
    assert (panel["x"] + panel["width"], panel["y"] + panel["height"]) == (1340, launcher["y"] - 12)
    host = visitor.page.locator("div[aria-label=Chat]")
    expect(host).to_have_css("z-index", "2147483000")
    visitor.page.emulate_media(media="print")
    expect(host).to_be_hidden()


def test_everything_in_the_widget_is_large_enough_for_a_finger(visit_shop: VisitShop) -> None:
    visitor = visit_shop(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True).open()
    visitor.say("Hello")
    frame = frame_of(visitor)
    assert too_small(frame, FINGER) == []
    visitor.chat.get_by_role("button", name="More").click()
    assert too_small(frame, FINGER) == []
    visitor.chat.get_by_role("button", name="End chat").click()
    visitor.chat.locator("label.score").nth(1).click()
    assert too_small(frame, FINGER) == []


@pytest.mark.parametrize("width", [1360, 1024, 390])
def test_everything_in_the_console_is_large_enough_for_a_pointer(
    acme: Organisation, enter_console: EnterConsole, width: int
) -> None:
    begin(acme, "Vera", "Hello", email="vera@mail.example")
    alice = enter_console("alice", viewport={"width": width, "height": 800}).take_next()
    alice.reply("Hello Vera")
    assert too_small(alice.page, LEAST) == []


def test_the_shortcuts_are_shown_from_their_beginning(enter_console: EnterConsole) -> None:
    alice = enter_console("alice", viewport={"width": 1024, "height": 400})
    alice.page.keyboard.press("?")
    dialog = alice.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog.get_by_role("heading", name="Keyboard shortcuts")).to_be_in_viewport(ratio=1)
    alice.page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Dismiss")).to_be_focused()


def test_what_stands_in_an_empty_arabic_field_begins_at_the_right(
    pages: Pages, shop: Website, acme: Organisation, server: WebServer
) -> None:
    address = shop.put("/ar-field", platform=server.url, key=acme.site_key, lang="ar")
    visitor = Visitor(pages.open(locale="ar")).visit(address).open()
    expect(visitor.field).to_have_css("direction", "rtl")
    visitor.field.fill("English")
    expect(visitor.field).to_have_css("direction", "ltr")
