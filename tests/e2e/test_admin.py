"""The admin on a desk, a laptop and a phone, and forms that are not lost by a click beside them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from security.scoping import tenant_scope
from tenants.models import Membership, Role, Site
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation, organisation, person

from .sessions import sign_in
from .talks import begin

PAGES = (
    "/admin/chat/conversation/",
    "/admin/tenants/membership/",
    "/admin/tenants/site/add/",
    "/admin/chat/cannedresponse/add/",
    "/admin/tenants/policy/current/change/",
    "/admin/tenants/invitation/",
    "/admin/security/auditevent/",
)
CUT_OFF = """() => [...document.querySelectorAll("fieldset input, fieldset select, fieldset textarea, fieldset label, .help")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > one.closest("fieldset").getBoundingClientRect().right)
  .map((one) => one.id || one.textContent.trim())"""


@pytest.fixture
def olga(pages: Pages, acme: Organisation, server: WebServer, request: pytest.FixtureRequest) -> Page:
    begin(acme, "Vera", "Is anybody there?")
    page = pages.open(viewport={"width": getattr(request, "param", 1360), "height": 844})
    sign_in(page, "olga@acme.example", server.url)
    return page


@pytest.mark.parametrize("olga", [1360, 1024, 390], indirect=True)
def test_nothing_sticks_out_or_is_cut_off(olga: Page) -> None:
    for path in PAGES:
        olga.goto(path)
        expect(olga.get_by_role("heading", level=1)).to_be_visible()
        assert olga.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert olga.evaluate(CUT_OFF) == [], path


def test_operators_see_everything_on_a_phone(pages: Pages, acme: Organisation, server: WebServer) -> None:
    organisation("northwind-bicycles-and-spares", "nora")
    oscar = person("oscar@platform.example", "Oscar")
    oscar.is_operator = True
    oscar.save(update_fields=["is_operator"])
    page = pages.open(viewport={"width": 390, "height": 844})
    sign_in(page, oscar.email, server.url)
    page.goto("/admin/platform/tenants/")
    expect(page.get_by_role("rowheader", name="Acme")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [1360, 390])
def test_the_other_organisations_are_listed_in_full(
    pages: Pages, acme: Organisation, server: WebServer, width: int
) -> None:
    northwind = organisation("northwind-bicycles", "nora")
    with tenant_scope(northwind.tenant_id):
        role = Role.objects.get(slug="agent")
        Membership.objects.create(user=acme.user("olga"), role=role, name="Olga")
    page = pages.open(viewport={"width": width, "height": 844})
    sign_in(page, "olga@acme.example", server.url)
    for path in ("/", "/admin/"):
        page.goto(path)
        page.locator(".switcher summary").press("Enter")
        expect(page.locator(".switcher__list")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("olga", [1024, 390], indirect=True)
def test_on_narrow_screens_filters_stand_before_the_list(olga: Page) -> None:
    olga.goto("/admin/chat/conversation/")
    filters, rows = (
        olga.get_by_role("navigation", name="Filter").bounding_box(),
        olga.locator("#result_list").bounding_box(),
    )
    assert filters is not None
    assert rows is not None
    assert filters["y"] + filters["height"] <= rows["y"]


def test_a_secret_and_a_snippet_are_copied(pages: Pages, acme: Organisation, server: WebServer) -> None:
    page = pages.open(permissions=["clipboard-read", "clipboard-write"])
    sign_in(page, "olga@acme.example", server.url)
    page.goto("/admin/tenants/site/")
    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Installation")).to_be_visible()
    page.wait_for_load_state()
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert 'data-key="pk_' in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("link", name="New identity secret").click()
    page.get_by_role("main").get_by_role("button", name="New identity secret").click()
    expect(page.get_by_text("Copy the secret now")).to_be_visible()
    page.wait_for_load_state()  # the button works when its module is there
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    secret = page.locator("[data-copy-text]").text_content()
    assert secret
    assert page.evaluate("navigator.clipboard.readText()") == secret


def test_a_changed_form_is_not_left_without_a_question(olga: Page) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    olga.on("dialog", answer)
    olga.goto("/admin/chat/tag/add/")
    olga.get_by_role("link", name="Members", exact=True).first.click()
    expect(olga.get_by_role("heading", name="Members", exact=True)).to_be_visible()
    assert asked == []
    olga.goto("/admin/chat/tag/add/")
    olga.get_by_label("Name").fill("billing")
    olga.get_by_role("link", name="Members", exact=True).first.click()
    expect(olga.get_by_role("heading", name="Members", exact=True)).to_be_visible()
    assert asked == ["beforeunload"]
    olga.goto("/admin/chat/tag/add/")
    olga.get_by_label("Name").fill("billing")
    olga.get_by_role("button", name="Save", exact=True).click()
    expect(olga.get_by_text("“billing” was added.")).to_be_visible()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("olga", [1360, 390], indirect=True)
def test_a_websites_page_shows_the_chat_as_it_would_be(olga: Page, acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        Site.objects.filter(name="Shop").update(greeting="Ask us")
    olga.goto("/admin/tenants/site/")
    olga.get_by_role("link", name="Shop", exact=True).click()
    chat = olga.frame_locator("iframe[title='Preview of the chat']")
    expect(chat.locator("[data-composer]")).to_be_visible()
    olga.get_by_label("Colour", exact=True).fill("#ffd400")
    expect(olga.get_by_text("Text on this colour is black, contrast 14.7 to 1.")).to_be_visible()
    expect(chat.locator(".top")).to_have_css("background-color", "rgb(255, 212, 0)")
    expect(chat.locator(".top")).to_have_css("color", "rgb(0, 0, 0)")
    expect(olga.get_by_text("frame-src http")).to_be_visible()
    frame, snippet = olga.locator("[data-preview]"), olga.get_by_text("data-key=")
    at_the_end = frame.evaluate("frame => frame.getBoundingClientRect().left")
    olga.get_by_label("Where lines begin: on the left in English").check()
    expect(snippet).to_contain_text('data-position="start"></script>')
    is_wide = olga.evaluate("innerWidth > 800")
    at_the_start = frame.evaluate("frame => frame.getBoundingClientRect().left")
    assert (at_the_start < at_the_end) is is_wide, "On a phone the chat is as wide as the page"
    olga.get_by_label("Where lines end: on the right in English").check()
    expect(snippet).not_to_contain_text("data-position")
    expect(chat.get_by_text("Ask us")).to_have_count(1)
    assert olga.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with tenant_scope(acme.tenant_id):
        assert Site.objects.get(name="Shop").brand_color == "#1f5fd6"
