"""The visitor's chat in a real browser: what it costs the page around it, keyboard, screens, languages, its end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from chat.models import Afterwards, Conversation, Message, RetentionRule
from chat.models import Visitor as VisitorRow
from security.scoping import tenant_scope
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .conftest import EnterConsole, VisitShop
from .people import Visitor
from .sessions import sign_in
from .websites import Website, website

PHONE = {"is_mobile": True, "has_touch": True}
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel" * 4
HOSTILE = """<style>
* { all: unset !important; font-size: 3px !important }
button, iframe, div { display: none !important; visibility: hidden !important; opacity: 0 !important }
</style>"""


def stored_in(page: Page) -> list[str]:
    """What the page's origin keeps in this browser."""
    names: list[str] = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    return names


def overflow_of(page: Page) -> list[int]:
    """By how much each document on the page is wider than its window."""
    measure = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return [frame.evaluate(measure) for frame in page.frames]


def choose(chat: FrameLocator, item: str) -> None:
    """From the chat's menu."""
    chat.get_by_role("button", name="More").click()
    chat.get_by_role("button", name=item).click()


@pytest.fixture
def page_with_snippet(shop: Website, acme: Organisation, server: WebServer) -> str:
    """A page of Acme's own website."""
    return shop.put("/", platform=server.url, key=acme.site_key)


def test_before_it_is_opened_it_costs_one_request_and_keeps_nothing(page: Page, page_with_snippet: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visitor = Visitor(page).visit(page_with_snippet)
    assert [url.rpartition("/")[2] for url in asked if not url.startswith(page_with_snippet)] == ["w.js"]
    visitor.open()
    assert page.context.cookies() == []
    assert stored_in(page) == []


def test_keyboard_alone_is_enough(page: Page, page_with_snippet: str) -> None:
    visitor = Visitor(page).visit(page_with_snippet)
    page.keyboard.press("Tab")
    expect(visitor.launcher).to_be_focused()
    page.keyboard.press("Enter")
    expect(visitor.field).to_be_focused()
    page.keyboard.type("Is the kettle in stock?")
    page.keyboard.press("Enter")
    expect(visitor.bubble("Is the kettle in stock?")).to_have_attribute("data-state", "sent")
    page.keyboard.press("Escape")
    expect(visitor.launcher).to_be_focused()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")


def test_after_a_reload_the_cookie_brings_the_conversation_back(
    page: Page, acme: Organisation, page_with_snippet: str
) -> None:
    visitor = Visitor(page).visit(page_with_snippet).open()
    with page.expect_response("**/session") as kept:
        visitor.say("I shall be back")
    assert kept.value.ok
    (cookie,) = page.context.cookies()
    assert cookie["name"] == f"chat_visitor_{acme.site_key}"
    assert cookie["httpOnly"]
    page.reload()
    visitor.open()
    expect(visitor.bubble("I shall be back")).to_have_attribute("data-seq", "1")


def test_an_answer_behind_a_closed_panel_is_counted_on_the_launcher(
    visit_shop: VisitShop, enter_console: EnterConsole
) -> None:
    visitor = visit_shop().open()
    visitor.say("Anybody there?")
    visitor.chat.get_by_role("button", name="Close chat").click()
    expect(visitor.launcher).to_have_accessible_name("Open chat")
    enter_console("alice").take_next().reply("Yes, me.")
    expect(visitor.launcher).to_have_accessible_name("Open chat, 1 unread message")
    expect(visitor.launcher).to_have_text("1")
    visitor.launcher.click()
    expect(visitor.launcher).to_have_accessible_name("Close chat")
    expect(visitor.launcher).to_have_text("")


def test_arabic_runs_from_right_to_left_without_overflow(
    pages: Pages, shop: Website, acme: Organisation, server: WebServer
) -> None:
    address = shop.put("/ar", platform=server.url, key=acme.site_key, lang="ar")
    visitor = Visitor(pages.open(locale="ar", viewport={"width": 700, "height": 700})).visit(address).open()
    expect(visitor.chat.locator("html")).to_have_attribute("dir", "rtl")
    expect(visitor.launcher).to_have_accessible_name("إغلاق الدردشة")
    visitor.say("مرحبا، هل تتحدثون العربية؟")
    visitor.say(LONG_WORD)
    launcher = visitor.launcher.bounding_box()
    assert launcher is not None
    assert launcher["x"] < 100
    assert overflow_of(visitor.page) == [0, 0]


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_shows_it_full_screen_without_scrolling_sideways(
    pages: Pages, page_with_snippet: str, width: int
) -> None:
    visitor = Visitor(pages.open(viewport={"width": width, "height": 700}, **PHONE)).visit(page_with_snippet).open()
    visitor.say(LONG_WORD)
    box = visitor.page.locator("iframe").bounding_box()
    assert box == {"x": 0, "y": 0, "width": width, "height": 700}
    assert overflow_of(visitor.page) == [0, 0]
    expect(visitor.field).to_have_css("font-size", "16px")


def test_a_website_with_hostile_styles_cannot_hide_or_bend_it(
    page: Page, shop: Website, acme: Organisation, server: WebServer
) -> None:
    visitor = Visitor(page).visit(shop.put("/hostile", platform=server.url, key=acme.site_key, head=HOSTILE)).open()
    launcher, frame = visitor.launcher.bounding_box(), page.locator("iframe").bounding_box()
    assert launcher is not None
    assert frame is not None
    assert (launcher["width"], launcher["height"], frame["width"]) == (56, 56, 390)
    visitor.say("Still here")


def test_the_two_published_lines_are_all_that_a_strict_policy_needs(
    pages: Pages, shop: Website, acme: Organisation, server: WebServer
) -> None:
    owner = pages.open()
    sign_in(owner, "olga@acme.example", server.url)
    owner.goto("/get-started/")
    published = str(owner.get_by_label("Content Security Policy").text_content()).splitlines()
    assert len(published) == 2
    policy = ["default-src 'none'", *published, "require-trusted-types-for 'script'", "trusted-types 'none'"]
    headers = {"Content-Security-Policy": "; ".join(policy), "Cross-Origin-Embedder-Policy": "require-corp"}
    address = shop.put("/strict", platform=server.url, key=acme.site_key, headers=headers)
    Visitor(pages.open()).visit(address).open().say("Through the needle's eye")


def test_a_page_of_another_domain_is_told_which_one_to_add(pages: Pages, acme: Organisation, server: WebServer) -> None:
    page = pages.open()
    page.clock.install()
    with website() as staging:
        visitor = Visitor(page).visit(staging.put("/", platform=server.url, key=acme.site_key))
        with page.expect_response("**/widget/**") as refused:
            visitor.launcher.click()
        assert refused.value.status == 403
        name = staging.origin.removeprefix("http://")
        with page.expect_console_message(lambda message: f'add "{name}"' in message.text) as said:
            page.clock.fast_forward(8_000)
        assert said.value.type == "error"
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")
    pages.forgive(name)
    pages.forgive("status of 403")
    pages.forgive("frame-ancestors")


def colours_of(elements: Locator) -> list[str]:
    found: list[str] = elements.evaluate_all("all => all.map((one) => getComputedStyle(one).color)")
    return found


def test_the_visitor_ends_the_chat_and_says_how_it_was(visit_shop: VisitShop, acme: Organisation) -> None:
    visitor = visit_shop().open()
    visitor.say("Never mind, found it")
    choose(visitor.chat, "End chat")
    expect(visitor.chat.locator("[data-standing]")).to_contain_text("This chat has ended")
    expect(visitor.chat.get_by_role("log").get_by_text("You ended the chat")).to_be_visible()
    stars = visitor.chat.locator("label.score")
    assert len(set(colours_of(stars))) == 1, "nothing is chosen yet"
    stars.nth(3).click()
    visitor.page.mouse.move(0, 0)
    full, empty = colours_of(stars)[3:]
    assert colours_of(stars) == [full] * 4 + [empty]
    assert full != empty
    visitor.chat.get_by_label("What could be better?").fill("Nothing")
    visitor.chat.get_by_role("button", name="Save").click()
    expect(visitor.chat.get_by_text("Thank you for telling us.")).to_be_visible()
    with tenant_scope(acme.tenant_id):
        conversation = Conversation.objects.get()
        assert (conversation.status, conversation.rating) == ("closed", 4)


def test_forgotten_means_a_new_visitor_and_no_cookie(visit_shop: VisitShop, acme: Organisation) -> None:
    visitor = visit_shop().open()
    with visitor.page.expect_response("**/session"):
        visitor.say("My secret")
    choose(visitor.chat, "Forget me on this device")
    expect(visitor.bubbles).to_have_count(0)
    assert visitor.page.context.cookies() == []
    assert stored_in(visitor.page) == []
    visitor.say("Somebody else")
    with tenant_scope(acme.tenant_id):
        assert VisitorRow.objects.count() == 2
        assert Message.objects.count() == 2


def test_both_sides_are_told_that_nothing_is_stored(
    acme: Organisation, visit_shop: VisitShop, enter_console: EnterConsole
) -> None:
    with tenant_scope(acme.tenant_id):
        RetentionRule.objects.create(primary_months=24, afterwards=Afterwards.NONE.value)
    visitor = visit_shop().open()
    expect(visitor.chat.get_by_text("Nothing of this chat is stored.")).to_be_visible()
    expect(visitor.field).to_have_accessible_description(re.compile("Nothing of this chat is stored"))
    visitor.say("Between you and me")
    expect(visitor.chat.get_by_text("Nothing of this chat is stored.")).to_be_visible()
    alice = enter_console("alice").take_next()
    expect(alice.message("Between you and me")).to_be_visible()
    expect(alice.thread.get_by_text("Nothing of this conversation is stored.")).to_be_visible()
    expect(alice.page.get_by_placeholder("Add a tag")).to_be_hidden()
    alice.reply("Of course")
    choose(visitor.chat, "End chat")
    visitor.chat.get_by_role("radio", name="5 of 5").check(force=True)
    expect(visitor.chat.get_by_role("button", name="Save")).to_be_visible()
    expect(visitor.chat.get_by_label("What could be better?")).to_have_count(0)
