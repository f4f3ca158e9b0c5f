"""The visitor's chat over a bad line: nothing is lost, nothing is there twice."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from chat.models import Message
from security.scoping import tenant_scope
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .conftest import EnterConsole, VisitShop
from .lines import Line
from .people import Visitor

LONGEST_WAIT = 31_000
ANSWERED_WITHIN = 15_000


def rows_of(acme: Organisation) -> int:
    with tenant_scope(acme.tenant_id):
        return Message.objects.filter(author_kind="visitor").count()


def on_a_line(pages: Pages, acme: Organisation) -> tuple[Visitor, Line]:
    """A visitor whose clock and cable are ours."""
    page = pages.open()
    page.clock.install()
    line = Line.of(page)
    return Visitor(page).visit(f"/demo/{acme.site_key}/").open(), line


def test_what_was_said_while_the_line_was_cut_is_there_once(
    pages: Pages, acme: Organisation, enter_console: EnterConsole
) -> None:
    visitor, line = on_a_line(pages, acme)
    visitor.say("Before")
    alice = enter_console("alice").take_next()
    line.cut()
    visitor.write("From the tunnel")
    alice.reply("Into the tunnel")
    visitor.page.clock.fast_forward(2_500)
    expect(visitor.chat.get_by_text("Reconnecting…")).to_be_visible()
    line.mend()
    visitor.page.clock.fast_forward(LONGEST_WAIT)
    expect(visitor.bubble("Into the tunnel")).to_be_visible()
    expect(alice.message("From the tunnel")).to_be_visible()
    expect(visitor.bubble("From the tunnel")).to_have_attribute("data-state", re.compile("delivered|read"))
    expect(visitor.chat.get_by_text("Reconnecting…")).to_be_hidden()
    texts = visitor.chat.locator("[data-message] [data-text]").all_text_contents()
    assert sorted(texts) == ["Before", "From the tunnel", "Into the tunnel"]
    assert rows_of(acme) == 2


def test_a_lost_ack_and_a_second_try_make_one_bubble_and_one_row(pages: Pages, acme: Organisation) -> None:
    visitor, line = on_a_line(pages, acme)
    lost: list[str] = []

    def lose_first_ack(frame: dict[str, object]) -> bool:
        is_lost = frame["type"] == "ack" and not lost
        if is_lost:
            lost.append(str(frame["client_id"]))
        return is_lost

    line.loses = lose_first_ack
    visitor.write("Once only")
    bubble = visitor.bubble("Once only")
    expect(bubble).to_have_attribute("data-state", "sending")
    visitor.page.clock.fast_forward(ANSWERED_WITHIN)
    visitor.chat.get_by_role("button", name="Try again").click()
    expect(bubble).to_have_attribute("data-state", "sent")
    expect(visitor.bubbles).to_have_count(1)
    assert len(lost) == 1
    assert rows_of(acme) == 1


def test_a_killed_server_is_found_again(
    visit_shop: VisitShop, server: WebServer, pages: Pages, acme: Organisation
) -> None:
    visitor = visit_shop().open()
    visitor.say("Before the crash")
    server.kill()
    visitor.write("During the crash")
    server.start()
    visitor.page.evaluate("dispatchEvent(new Event('online'))")
    expect(visitor.bubble("During the crash")).to_have_attribute("data-state", "sent", timeout=30_000)
    expect(visitor.bubbles).to_have_count(2)
    assert rows_of(acme) == 2
    pages.forgive("ERR_CONNECTION_RE")  # refused and reset: that is what was done to it
    pages.forgive("ERR_CONTENT_LENGTH_MISMATCH")  # killed in the middle of an answer
    pages.forgive("ERR_INCOMPLETE_CHUNKED_ENCODING")
    pages.forgive("ERR_EMPTY_RESPONSE")
