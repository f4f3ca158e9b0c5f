"""What the visitor is told before a message is sent, and that nothing of a number leaves the device."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from security.scoping import tenant_scope
from tenants.models import MaskingVersion
from tests.tenants.people import Organisation

from .conftest import VisitShop
from .looks import CONTEXT, faults
from .people import CARD, MASKED, STORED, Frames, Visitor
from .test_axe import widget_frame

HINT = f"Card number will be hidden: {MASKED} It is a valid Visa number."
LONGEST = 8_000
PASTE = """(field, text) => {
  const begun = performance.now();
  field.value = text;
  field.dispatchEvent(new InputEvent("input"));
  return performance.now() - begun;
}"""


@pytest.fixture
def switch_on(acme: Organisation) -> Callable[..., None]:
    """`switch_on("phone")`: acme's first version of rules hides these packs too."""

    def switch(*packs: str) -> None:
        with tenant_scope(acme.tenant_id):
            MaskingVersion.objects.create(number=1, packs=sorted(packs))

    return switch


def sent_texts(frames: Frames) -> list[str]:
    found = map(json.loads, frames.sent)
    return [frame["text"] for frame in found if frame["type"] == "message"]


def hints(visitor: Visitor) -> str:
    expect(visitor.chat.locator("[data-preview]")).to_be_visible()
    return visitor.chat.locator("[data-preview]").inner_text()


def test_a_card_is_named_before_it_is_sent_and_its_digits_do_not_leave_the_device(visit_shop: VisitShop) -> None:
    visitor = visit_shop()
    frames = Frames.of(visitor.page)
    visitor.open()
    visitor.field.press_sequentially(f"it was {CARD}")
    expect(visitor.chat.locator("[data-preview]")).to_have_text(HINT)
    expect(visitor.chat.locator("[data-preview-said]")).to_have_text(HINT)
    visitor.field.press("Enter")
    expect(visitor.bubble(f"it was {MASKED}")).to_have_attribute("data-seq", STORED)
    expect(visitor.chat.locator("[data-preview]")).to_be_hidden()
    expect(visitor.chat.locator("[data-preview-said]")).to_be_empty()
    assert sent_texts(frames) == [f"it was {MASKED}"]
    assert not [frame for frame in frames.sent if "4242 4242" in frame]


def test_a_code_beside_the_card_is_named_too_and_said_once(visit_shop: VisitShop) -> None:
    visitor = visit_shop().open()
    said = "[data-preview-said]"
    visitor.chat.locator(said).evaluate(
        "node => { window.said = []; new MutationObserver(() => window.said.push(node.textContent)).observe(node, {childList: true}); }"
    )
    visitor.field.fill(f"{CARD} cvv 123")
    expect(visitor.chat.locator(said)).to_contain_text("Security code will be hidden: ••• Your words call it that.")
    visitor.field.press_sequentially(" please")
    expect(visitor.field).to_have_value(f"{CARD} cvv 123 please")
    visitor.field.fill("Hello")
    expect(visitor.chat.locator(said)).to_be_empty()
    heard = visitor.chat.locator(said).evaluate("() => window.said")
    assert len(heard) == 2, heard


def test_what_the_website_switched_on_is_hidden_on_the_device(
    visit_shop: VisitShop, switch_on: Callable[..., None]
) -> None:
    switch_on("phone")
    visitor = visit_shop()
    frames = Frames.of(visitor.page)
    visitor.open()
    visitor.field.fill("call +1 415 555 0134")
    expect(visitor.chat.locator("[data-preview]")).to_have_text(
        "Phone number will be hidden: +• ••• ••• •••• This website hides these."
    )
    visitor.field.press("Enter")
    expect(visitor.bubble("call +• ••• ••• ••••")).to_have_attribute("data-seq", STORED)
    assert sent_texts(frames) == ["call +• ••• ••• ••••"]


def test_without_rules_of_its_own_a_telephone_number_is_sent_as_typed(visit_shop: VisitShop) -> None:
    visitor = visit_shop().open()
    visitor.say("call +1 415 555 0134")
    expect(visitor.chat.locator("[data-preview]")).to_be_hidden()


def test_the_longest_message_that_is_pasted_is_masked_without_holding_up_the_page(visit_shop: VisitShop) -> None:
    visitor = visit_shop()
    frames = Frames.of(visitor.page)
    visitor.open()
    words = "I ordered 2 of them on May 4th for 19.99 and " * 200
    text = f"{words[: LONGEST - 30]} {CARD} ok"
    visitor.field.fill("x")
    expect(visitor.field).to_have_value("x")
    spent = visitor.field.evaluate(PASTE, text)
    assert spent < 50, "typing waits for masking"
    expect(visitor.chat.locator("[data-preview]")).to_contain_text(MASKED)
    visitor.field.press("Enter")
    expect(visitor.bubbles).to_have_count(1)
    expect(visitor.bubbles).to_have_attribute("data-seq", STORED)
    assert sent_texts(frames) == [text.replace(CARD, MASKED)]


def test_a_text_that_is_being_composed_is_left_to_the_input_method(visit_shop: VisitShop) -> None:
    visitor = visit_shop().open()
    keyboard = visitor.page.context.new_cdp_session(visitor.page)
    visitor.field.fill(f"{CARD} ")
    expect(visitor.chat.locator("[data-preview]")).to_be_visible()
    visitor.field.press("End")
    keyboard.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    expect(visitor.field).to_have_value(f"{CARD} にほん")
    visitor.field.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(visitor.bubbles).to_have_count(0)
    expect(visitor.chat.locator("[data-preview]")).to_have_text(re.compile(re.escape(MASKED)))
    keyboard.send("Input.insertText", {"text": "日本"})
    expect(visitor.field).to_have_value(f"{CARD} 日本")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_hint_is_without_fault_on_a_phone(visit_shop: VisitShop, scheme: str) -> None:
    visitor = visit_shop(viewport={"width": 390, "height": 844}, color_scheme=scheme, **CONTEXT).open()
    visitor.field.fill(f"my card {CARD} cvv 123 exp 04/28, ssn 219-09-9940")
    assert "1 more will be hidden." in hints(visitor)
    frame = widget_frame(visitor)
    assert faults(frame) == []
    assert frame.evaluate("document.documentElement.scrollWidth") <= 390
    assert frame.locator("[data-preview]").evaluate("node => node.scrollHeight <= node.clientHeight")
