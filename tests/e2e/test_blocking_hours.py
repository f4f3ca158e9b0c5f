"""Blocking a visitor and business hours, as the people concerned see them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from security.scoping import tenant_scope
from tenants.services import hours
from tests.tenants.people import Organisation

from .conftest import EnterConsole, VisitShop
from .looks import CONTEXT, faults


def test_a_visitor_is_blocked_by_key_and_let_in_again(enter_console: EnterConsole, visit_shop: VisitShop) -> None:
    olga, vera = enter_console("olga", **CONTEXT), visit_shop().open()
    vera.say("You are all fools")
    olga.take_next()
    expect(olga.message("You are all fools")).to_be_visible()
    olga.page.evaluate("document.activeElement.blur()")
    olga.page.keyboard.press("b")
    dialog = olga.page.get_by_role("dialog", name="Block visitor")
    expect(dialog.get_by_label("Reason, for your colleagues")).to_be_focused()
    assert faults(olga.page) == []
    olga.page.keyboard.type("Insults")
    dialog.get_by_label("How long").select_option(label="For a week")
    dialog.get_by_role("button", name="Block visitor").click()
    expect(olga.page.get_by_text("This visitor is blocked.")).to_be_visible()
    expect(olga.page.get_by_text("Visitor blocked")).to_be_visible()
    expect(vera.chat.get_by_text("You can no longer write here.")).to_be_visible()
    for silent in ("[data-standing]", "[data-card]"):
        expect(vera.chat.locator(silent)).to_be_empty()
    expect(vera.chat.get_by_label("Your message")).to_be_hidden()
    expect(vera.chat.locator("[data-close]")).to_be_focused()
    olga.page.get_by_role("button", name="Let in again").click()
    asked = olga.page.get_by_role("dialog", name="Let in again")
    expect(asked.get_by_text("You or a colleague blocked this visitor.")).to_be_visible()
    assert faults(olga.page) == []
    olga.page.keyboard.press("Enter")
    expect(olga.page.get_by_role("button", name="Block visitor")).to_be_focused()


def test_outside_business_hours_the_header_says_when_and_an_address_is_asked_for(
    acme: Organisation, enter_console: EnterConsole, visit_shop: VisitShop
) -> None:
    olga = acme.grant("olga")
    today = timezone.now().date()
    closed = [today + timedelta(days=days) for days in range(-2, 40)]
    with tenant_scope(acme.tenant_id):
        hours.create_hours(grant=olga, department=None, week=["0-24"] * 7, closed_dates=closed)
    enter_console("alice")
    vera = visit_shop().open()
    expect(vera.chat.locator("[data-standing]")).to_contain_text("Leave your e-mail and we will reply.")
    expect(vera.chat.get_by_text("How can we reach you when you have left?")).to_have_count(0)
    vera.say("Is anybody there?")
    expect(vera.chat.get_by_text("How can we reach you when you have left?")).to_be_visible()
