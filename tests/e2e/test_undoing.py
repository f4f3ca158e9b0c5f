"""A visitor says that a hit is wrong before the message is sent, where the website allows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from security.models import RevocationKind
from security.revocation import revoke
from security.scoping import tenant_scope
from tenants.models import MaskingVersion, Tenant
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .conftest import EnterConsole, VisitShop
from .looks import CONTEXT, faults
from .people import CARD, MASKED, STORED, Frames, Visitor
from .test_axe import widget_frame
from .websites import Website

PHONE = "+1 415 555 0134"
HIDDEN = "+• ••• ••• ••••"
WRONG = "This is not a phone number"
HIDE = "Hide it: Phone number"


@pytest.fixture
def allow(acme: Organisation) -> Callable[..., None]:
    """`allow(may_undo=True)`: acme hides telephone numbers, and lets visitors say that one is none."""

    def allowed(*, may_undo: bool) -> None:
        with tenant_scope(acme.tenant_id):
            MaskingVersion.objects.create(number=1, packs=["phone"], visitor_may_undo=may_undo)

    return allowed


def tell_new_rules(of: Organisation) -> None:
    """As activating them does."""
    with tenant_scope(of.tenant_id):
        revoke(RevocationKind.MASKING, Tenant.objects.get().public_id)


def sent(frames: Frames) -> list[dict[str, Any]]:
    """The messages on the wire, without their ids."""
    found = [json.loads(frame) for frame in frames.sent]
    return [
        {name: frame[name] for name in ("text", "unmasked") if name in frame}
        for frame in found
        if frame["type"] == "message"
    ]


def button(visitor: Visitor, name: str) -> Locator:
    return visitor.chat.locator("[data-preview]").get_by_role("button", name=name, exact=True)


def buttons(visitor: Visitor) -> Locator:
    return visitor.chat.locator("[data-preview] button")


def test_by_default_nothing_is_offered(visit_shop: VisitShop, allow: Callable[..., None]) -> None:
    allow(may_undo=False)
    visitor = visit_shop().open()
    visitor.field.fill(f"call {PHONE}, card {CARD}")
    expect(visitor.chat.locator("[data-preview]")).to_contain_text("Phone number will be hidden")
    expect(buttons(visitor)).to_have_count(0)


def test_what_is_no_telephone_number_reaches_the_agent_as_typed(
    visit_shop: VisitShop, allow: Callable[..., None], enter_console: EnterConsole
) -> None:
    allow(may_undo=True)
    visitor = visit_shop()
    frames = Frames.of(visitor.page)
    visitor.open()
    visitor.field.fill(f"order {PHONE}, card {CARD}")
    expect(buttons(visitor)).to_have_count(1)
    button(visitor, WRONG).click()
    expect(visitor.chat.locator("[data-preview]")).to_contain_text("Phone number will be sent as typed.")
    expect(visitor.chat.locator("[data-preview-said]")).to_contain_text("Phone number will be sent as typed.")
    expect(visitor.chat.locator("[data-preview]")).to_contain_text(f"Card number will be hidden: {MASKED}")
    expect(visitor.field).to_be_focused()
    visitor.field.press("Enter")
    expect(visitor.bubble(f"order {PHONE}, card {MASKED}")).to_have_attribute("data-seq", STORED)
    visitor.say(f"call {PHONE}", shown=f"call {HIDDEN}")
    assert sent(frames) == [
        {"text": f"order {PHONE}, card {MASKED}", "unmasked": ["phone"]},
        {"text": f"call {HIDDEN}"},
    ]
    alice = enter_console("alice").take_next()
    expect(alice.message(f"order {PHONE}, card {MASKED}")).to_be_visible()
    expect(alice.message(f"call {HIDDEN}")).to_be_visible()


def test_it_is_done_and_taken_back_by_keys_alone(visit_shop: VisitShop, allow: Callable[..., None]) -> None:
    allow(may_undo=True)
    visitor = visit_shop()
    frames = Frames.of(visitor.page)
    visitor.open()
    visitor.field.press_sequentially(f"call {PHONE}")
    expect(button(visitor, WRONG)).to_be_visible()
    visitor.field.press("Shift+Tab")
    expect(button(visitor, WRONG)).to_be_focused()
    button(visitor, WRONG).press("Enter")
    expect(button(visitor, HIDE)).to_be_focused()
    button(visitor, HIDE).press("Space")
    expect(button(visitor, WRONG)).to_be_focused()
    visitor.field.press("Enter")
    expect(visitor.bubble(f"call {HIDDEN}")).to_have_attribute("data-seq", STORED)
    assert sent(frames) == [{"text": f"call {HIDDEN}"}]


def test_a_message_that_was_emptied_is_another_one(visit_shop: VisitShop, allow: Callable[..., None]) -> None:
    allow(may_undo=True)
    visitor = visit_shop().open()
    visitor.field.fill(PHONE)
    button(visitor, WRONG).click()
    expect(button(visitor, HIDE)).to_be_visible()
    visitor.field.fill("")
    visitor.field.fill(PHONE)
    expect(button(visitor, WRONG)).to_be_visible()


def test_new_rules_count_for_a_page_that_is_open(
    visit_shop: VisitShop, allow: Callable[..., None], acme: Organisation
) -> None:
    visitor = visit_shop().open()
    visitor.say("Hello")
    visitor.field.fill(f"call {PHONE}")
    expect(visitor.chat.locator("[data-preview]")).to_be_hidden()
    allow(may_undo=True)
    tell_new_rules(acme)
    expect(visitor.chat.locator("[data-preview]")).to_contain_text("Phone number will be hidden")
    expect(button(visitor, WRONG)).to_be_visible()
    visitor.field.press("Enter")
    expect(visitor.bubble(f"call {HIDDEN}")).to_have_attribute("data-seq", STORED)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_without_fault_on_a_phone(visit_shop: VisitShop, allow: Callable[..., None], scheme: str) -> None:
    allow(may_undo=True)
    visitor = visit_shop(viewport={"width": 390, "height": 844}, color_scheme=scheme, **CONTEXT).open()
    visitor.field.fill(f"call {PHONE}, card {CARD}")
    frame = widget_frame(visitor)
    for name in (WRONG, HIDE):
        expect(button(visitor, name)).to_be_visible()
        box = button(visitor, name).bounding_box()
        assert box is not None
        assert (box["width"] >= 44, box["height"] >= 44) == (True, True)
        assert faults(frame) == []
        assert frame.evaluate("document.documentElement.scrollWidth") <= 390
        assert frame.locator("[data-preview]").evaluate("node => node.scrollHeight <= node.clientHeight")
        button(visitor, name).click()


def test_it_is_said_in_arabic(
    allow: Callable[..., None], pages: Pages, shop: Website, server: WebServer, acme: Organisation
) -> None:
    allow(may_undo=True)
    address = shop.put("/ar-undo", platform=server.url, key=acme.site_key, lang="ar")
    visitor = Visitor(pages.open(locale="ar")).visit(address).open()
    visitor.field.fill(PHONE)
    button(visitor, "هذا ليس رقم هاتف").click()
    expect(visitor.chat.locator("[data-preview]")).to_contain_text("سيُرسل رقم الهاتف كما كُتب.")
    expect(button(visitor, "إخفاؤه: رقم الهاتف")).to_be_visible()
