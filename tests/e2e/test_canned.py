"""The slash menu of the console: by keys alone, in replies and notes, and no half-filled message leaves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from chat.models import CannedResponse
from security.scoping import tenant_scope
from tests.tenants.people import Organisation

from .conftest import EnterConsole
from .looks import CONTEXT, faults
from .people import Agent
from .talks import begin

REPLIES = (
    ("hello", "Greeting", "Hello! How can I help you?"),
    ("refund", "Money back", "Order {{order number}} is refunded on {{day}}."),
    ("refuse", "No", "We cannot do that."),
)


@pytest.fixture
def replies(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        for shortcut, title, body in REPLIES:
            CannedResponse.objects.create(shortcut=shortcut, title=title, body=body)


def options(agent: Agent) -> Locator:
    return agent.page.get_by_role("listbox", name="Canned responses").get_by_role("option")


@pytest.mark.usefixtures("replies")
def test_a_reply_is_found_by_keys_and_leaves_only_when_its_gaps_are_filled(
    acme: Organisation, enter_console: EnterConsole
) -> None:
    begin(acme, "Vera", "Where is my money?")
    alice = enter_console("alice", **CONTEXT).take_next()
    keyboard = alice.page.keyboard
    keyboard.type("Dear Vera, thank you")
    for _ in "thank you":
        keyboard.press("ArrowLeft")
    keyboard.type("/ref")
    expect(options(alice)).to_have_count(2)
    assert faults(alice.page) == []
    expect(alice.field).to_have_attribute("aria-controls", "slash-options")
    expect(alice.field).to_have_attribute("aria-activedescendant", "slash-0")
    keyboard.press("ArrowDown")
    expect(options(alice).nth(1)).to_have_attribute("aria-selected", "true")
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(alice.field).to_have_value("Dear Vera, Order {{order number}} is refunded on {{day}}.thank you")
    keyboard.type("4711")
    keyboard.press("Enter")
    expect(alice.page.get_by_role("alert")).to_have_text(
        "Fill in “day” first: your message still has a gap from the canned response."
    )
    keyboard.type("Monday")
    expect(alice.page.get_by_role("alert")).to_be_hidden()
    keyboard.press("Enter")
    expect(alice.message("Dear Vera, Order 4711 is refunded on Monday.thank you")).to_be_visible()


@pytest.mark.usefixtures("replies")
def test_tab_goes_from_gap_to_gap_and_escape_leaves_what_was_typed(
    acme: Organisation, enter_console: EnterConsole
) -> None:
    begin(acme, "Vera", "Where is my money?")
    alice = enter_console("alice").take_next()
    keyboard = alice.page.keyboard
    alice.page.get_by_role("button", name="Private note").click()
    expect(alice.page.get_by_label("Note for your team only")).to_be_focused()
    keyboard.type("/hel")
    expect(options(alice)).to_have_count(1)
    keyboard.press("Escape")
    expect(options(alice)).to_have_count(0)
    expect(alice.field).to_have_value("/hel")
    expect(alice.field).to_be_focused()
    alice.field.fill("")
    keyboard.type("/refun")
    expect(options(alice)).to_have_count(1)
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.type("Friday")
    keyboard.press("Shift+Tab")
    keyboard.type("12")
    expect(alice.field).to_have_value("Order 12 is refunded on Friday.")
    keyboard.press("Tab")
    expect(alice.field).not_to_be_focused()


def test_what_is_written_is_kept_as_a_reply_of_ones_own(acme: Organisation, enter_console: EnterConsole) -> None:
    begin(acme, "Vera", "Where is my money?")
    alice = enter_console("alice", **CONTEXT).take_next()
    page = alice.page
    keep = page.get_by_role("button", name="Save as canned response")
    expect(keep).to_be_hidden()
    page.keyboard.type("It comes on {{day}}.")
    keep.click()
    dialog = page.get_by_role("dialog", name="Save as a canned response of your own")
    expect(dialog.get_by_label("Text", exact=True)).to_have_value("It comes on {{day}}.")
    expect(dialog.get_by_label("Shortcut, typed after /")).to_be_focused()
    assert faults(page) == []
    page.keyboard.type("4242-4242-4242-4242")
    page.keyboard.press("Tab")
    page.keyboard.type("When")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert").first).to_have_text("This holds a number that must not be kept here.")
    dialog.get_by_label("Shortcut, typed after /").fill("when")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(alice.field).to_have_value("It comes on {{day}}.")
    alice.field.fill("/whe")
    expect(options(alice)).to_have_count(1)
    expect(options(alice)).to_contain_text("Yours")
    keep.click()
    dialog.get_by_role("button", name="Remove /when").click()
    expect(dialog.get_by_role("button", name="Remove /when")).to_have_count(0)
