"""The console in a real browser: two agents, one visitor, and everything that can be done with a conversation."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .conftest import EnterConsole, VisitShop
from .lines import Line
from .people import Agent, Frames, Visitor
from .sessions import sign_in
from .talks import begin


def tab(agent: Agent, name: str, count: int) -> None:
    """Go to that list, which has so many conversations."""
    found = agent.page.get_by_role("tab", name=re.compile(f"^{name}"))
    found.click()
    expect(found).to_have_attribute("aria-selected", "true")
    expect(found.locator(".count")).to_have_text(str(count))
    expect(agent.rows).to_have_count(count)


def act(agent: Agent, name: str) -> None:
    """A button of the open conversation's head."""
    agent.thread.get_by_role("button", name=name, exact=True).click()


def chosen(agent: Agent) -> str:
    """Whose conversation is open."""
    return str(agent.thread.locator(".thread__name").text_content())


def test_queue_mine_and_all_show_what_belongs_there(acme: Organisation, enter_console: EnterConsole) -> None:
    for name, minutes in (("Vera", 2), ("Tom", 9), ("Ines", 1)):
        begin(acme, name, f"{name} has a question", minutes_ago=minutes)
    alice = enter_console("alice")
    tab(alice, "Mine", 0)
    expect(alice.page.get_by_text("Nothing on your desk")).to_be_visible()
    tab(alice, "Queue", 3)
    expect(alice.rows.locator(".row__name")).to_have_text(["Tom", "Vera", "Ines"])
    alice.take_next()
    assert chosen(alice) == "Tom"
    tab(alice, "Queue", 2)
    tab(alice, "Mine", 1)
    tab(alice, "All", 3)


def test_two_agents_who_press_n_at_once_never_get_the_same(acme: Organisation, enter_console: EnterConsole) -> None:
    begin(acme, "Vera", "First", minutes_ago=2)
    begin(acme, "Tom", "Second", minutes_ago=1)
    both = [enter_console("alice"), enter_console("bob")]
    for agent in both:
        expect(agent.rows).to_have_count(2)
    for agent in both:
        agent.page.keyboard.press("n")
    for agent in both:
        expect(agent.field).to_be_focused()
    assert sorted(chosen(agent) for agent in both) == ["Tom", "Vera"]
    for agent in both:
        agent.field.blur()
        agent.page.keyboard.press("n")
        expect(agent.page.get_by_text("Nobody is waiting.", exact=True)).to_be_visible()


def test_a_note_is_seen_by_agents_and_never_by_the_visitor(
    pages: Pages, acme: Organisation, enter_console: EnterConsole
) -> None:
    page = pages.open()
    wire = Frames.of(page)
    visitor = Visitor(page).visit(f"/demo/{acme.site_key}/").open()
    visitor.say("The lamp flickers")
    alice, bob = enter_console("alice").take_next(), enter_console("bob")
    alice.page.get_by_role("button", name="Private note").click()
    expect(alice.page.get_by_role("button", name="Add note")).to_be_visible()
    alice.reply("Known fault of this batch")
    expect(alice.message("Known fault of this batch")).to_have_attribute("data-kind", "note")
    alice.page.get_by_role("button", name="Reply", exact=True).click()
    alice.reply("A new one is on its way")
    expect(visitor.bubble("A new one is on its way")).to_be_visible()
    page.reload()
    visitor.open()
    expect(visitor.bubble("A new one is on its way")).to_be_visible()
    assert not any("Known fault" in frame for frame in wire.received)
    expect(visitor.chat.get_by_text("Known fault")).to_have_count(0)
    tab(bob, "All", 1)
    bob.row("Visitor").click()
    expect(bob.message("Known fault of this batch")).to_be_visible()


def test_a_transfer_is_offered_and_accepted(visit_shop: VisitShop, enter_console: EnterConsole) -> None:
    visitor = visit_shop().open()
    visitor.say("I want to talk about an offer")
    alice, bob = enter_console("alice").take_next(), enter_console("bob")
    act(alice, "Transfer")
    dialog = alice.page.get_by_role("dialog", name="Transfer conversation")
    dialog.get_by_label(re.compile("Bob")).check()
    dialog.get_by_label("Note for the receiver").fill("Wants ten lamps")
    dialog.get_by_role("button", name="Transfer").click()
    expect(dialog).to_be_hidden()
    offer = bob.page.get_by_role("group").filter(has_text="Alice offers you the conversation")
    expect(offer).to_contain_text("Wants ten lamps")
    offer.get_by_role("button", name="Accept").click()
    expect(bob.field).to_be_focused()
    bob.reply("Hello, I am Bob")
    expect(visitor.bubble("Hello, I am Bob")).to_be_visible()
    expect(visitor.chat.locator("[data-standing]")).to_have_text("Bob is here")
    expect(alice.page.locator(".thread__state")).to_contain_text("Bob")
    expect(alice.field).to_be_hidden()


def test_close_and_reopen(visit_shop: VisitShop, enter_console: EnterConsole) -> None:
    visitor = visit_shop().open()
    visitor.say("That is all")
    alice = enter_console("alice").take_next()
    act(alice, "Close")
    alice.page.get_by_role("dialog", name="Close conversation").get_by_role("button", name="Close").click()
    expect(alice.page.get_by_text("This conversation is closed.")).to_be_visible()
    expect(visitor.chat.locator("[data-standing]")).to_contain_text("This chat has ended")
    alice.page.get_by_role("button", name="Undo").click()
    expect(alice.field).to_be_visible()
    expect(visitor.chat.locator("[data-standing]")).not_to_contain_text("This chat has ended")
    alice.reply("Still here")
    expect(visitor.bubble("Still here")).to_be_visible()


def test_the_agent_sees_what_the_visitor_thought_of_it(visit_shop: VisitShop, enter_console: EnterConsole) -> None:
    visitor = visit_shop().open()
    visitor.say("That is all")
    alice = enter_console("alice", viewport={"width": 1360, "height": 800}).take_next()
    pane = alice.page.locator("[data-visitor-pane]")
    expect(pane.get_by_text("127.0.0.1", exact=True)).to_be_visible()
    visitor.chat.get_by_role("button", name="More").click()
    visitor.chat.get_by_role("button", name="End chat").click()
    visitor.chat.locator("label.score").nth(3).click()
    visitor.chat.get_by_label("What could be better?").fill("Faster <b>on Mondays</b>")
    visitor.chat.get_by_role("button", name="Save").click()
    expect(pane.get_by_text("4 of 5")).to_be_visible()
    expect(pane.get_by_text("Faster <b>on Mondays</b>")).to_be_visible()
    alice.page.reload()
    tab(alice, "All", 0)
    alice.page.get_by_role("button", name="Closed", exact=True).click()
    alice.rows.first.click()
    expect(pane.get_by_text("4 of 5")).to_be_visible()


def test_tags_are_added_removed_and_kept(acme: Organisation, enter_console: EnterConsole) -> None:
    begin(acme, "Vera", "About my bill")
    alice = enter_console("alice").take_next()
    pane = alice.page.locator("[data-visitor-pane]")
    for tag in ("billing", "urgent"):
        pane.get_by_label("Add a tag").fill(tag)
        pane.get_by_role("button", name="Add", exact=True).click()
        expect(pane.locator(".tag").filter(has_text=tag)).to_be_visible()
    pane.get_by_role("button", name="Remove tag urgent").click()
    expect(pane.locator(".tag")).to_have_count(1)
    alice.page.reload()
    expect(pane.locator(".tag")).to_have_text([re.compile("billing")])


def test_each_side_sees_the_other_typing(visit_shop: VisitShop, enter_console: EnterConsole) -> None:
    visitor = visit_shop().open()
    visitor.say("Hello")
    alice = enter_console("alice").take_next()
    visitor.field.press_sequentially("Are")
    expect(alice.thread.get_by_text("Visitor is typing…")).to_be_visible()
    visitor.field.fill("")
    expect(alice.thread.get_by_text("Visitor is typing…")).to_be_hidden()
    alice.field.press_sequentially("Yes")
    expect(visitor.chat.get_by_text("Alice is typing")).to_be_visible()
    alice.write("Yes?")
    expect(visitor.bubble("Yes?")).to_be_visible()
    expect(visitor.chat.get_by_text("Alice is typing")).to_be_hidden()


def test_an_own_message_can_be_corrected(visit_shop: VisitShop, enter_console: EnterConsole) -> None:
    visitor = visit_shop().open()
    visitor.say("When?")
    alice = enter_console("alice").take_next()
    alice.reply("On Mnday")
    expect(visitor.bubble("On Mnday")).to_be_visible()
    alice.message("On Mnday").get_by_role("button", name="Edit").click()
    expect(alice.field).to_have_value("On Mnday")
    alice.field.fill("On Monday")
    alice.page.get_by_role("button", name="Save", exact=True).click()
    expect(alice.message("On Monday")).to_contain_text("edited")
    expect(visitor.bubble("On Monday")).to_contain_text("edited")
    expect(visitor.bubble("On Mnday")).to_have_count(0)


def test_addresses_lead_to_conversations_back_and_forward(pages: Pages, acme: Organisation, server: WebServer) -> None:
    first, second = begin(acme, "Vera", "First"), begin(acme, "Tom", "Second")
    page = pages.open()
    sign_in(page, "alice@acme.example", server.url)
    page.goto(f"/console/c/{first}")
    alice = Agent(page)
    expect(alice.thread.locator(".thread__name")).to_have_text("Vera")
    expect(alice.message("First")).to_be_visible()
    alice.row("Tom").click()
    expect(page).to_have_url(f"{server.url}/console/c/{second}")
    expect(alice.message("Second")).to_be_visible()
    page.go_back()
    expect(alice.thread.locator(".thread__name")).to_have_text("Vera")
    expect(alice.row("Vera")).to_have_attribute("aria-current", "true")
    page.go_forward()
    expect(alice.thread.locator(".thread__name")).to_have_text("Tom")


def test_a_lost_connection_is_said_and_nothing_typed_is_lost(
    pages: Pages, acme: Organisation, visit_shop: VisitShop, server: WebServer
) -> None:
    visitor = visit_shop().open()
    visitor.say("Hello?")
    page: Page = pages.open()
    sign_in(page, "alice@acme.example", server.url)
    page.clock.install()
    line = Line.of(page)
    alice = Agent(page).enter().take_next()
    line.cut()
    bar = page.locator(".connection__bar")
    page.clock.run_for(3_000)
    expect(bar).to_contain_text("your messages are kept")
    alice.write("From the cellar")
    expect(alice.message("From the cellar")).to_contain_text("Will be sent when the connection is back")
    line.mend()
    page.clock.run_for(31_000)
    expect(bar).to_be_hidden()
    expect(visitor.bubble("From the cellar")).to_be_visible()
    expect(alice.message("From the cellar")).to_have_count(1)
    expect(visitor.bubbles).to_have_count(2)
