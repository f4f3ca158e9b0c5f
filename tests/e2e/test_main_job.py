"""The main job: from nothing to a chat, with a card number that nobody sees."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.services.browser import Pages
from tests.services.web import WebServer

from .people import CARD, MASKED, Agent, Frames, Visitor

FOUNDER = {
    "organisation": "Harbour Goods",
    "full_name": "Nora Berg",
    "email": "nora@harbour.example",
    "password": "seven-gulls-on-the-quay",
    "website": "https://harbour.example",
}
MOST_ACTIONS = 12


class Counter:
    """How often somebody had to do something, once the address was open."""

    def __init__(self) -> None:
        self.actions = 0

    def one(self) -> None:
        self.actions += 1


def answers_in(context: BrowserContext) -> list[Response]:
    """Everything that the server answers to a person's pages, as it comes in."""
    answers: list[Response] = []

    def answered(response: Response) -> None:
        answers.append(response)

    context.on("response", answered)
    return answers


def has_number(text: str) -> bool:
    """Whether the raw number stands in `text`, however it is spaced."""
    return CARD.replace(" ", "") in re.sub(r"[\s-]", "", text)


def text_of(answers: list[Response]) -> list[str]:
    """The bodies of pages and of what their scripts ask for."""
    wanted = {"document", "fetch", "xhr", "other"}
    return [one.text() for one in answers if one.status == 200 and one.request.resource_type in wanted]


def sign_up(page: Page, did: Counter) -> None:
    page.goto("/signup/")
    for name, value in FOUNDER.items():
        page.locator(f"[name={name}]").fill(value)
        did.one()
    page.get_by_role("button", name="Sign up").click()
    did.one()


def test_a_stranger_signs_up_and_answers_the_first_visitor(pages: Pages, server: WebServer) -> None:
    did = Counter()
    owner, guest = pages.open(), pages.open()

    sign_up(owner, did)
    expect(owner).to_have_url(f"{server.url}/get-started/")
    shown_to_owner, shown_to_guest = answers_in(owner.context), answers_in(guest.context)
    expect(owner.get_by_label("Snippet")).to_contain_text(f'<script async src="{server.url}/w.js" data-key="pk_')
    expect(owner.frame_locator("iframe").locator("[data-standing]")).not_to_be_empty()
    seen = owner.locator("[data-seen]")
    expect(seen).to_have_text(re.compile("Waiting for your first visitor…"))

    visitor = Visitor(guest)
    demo = owner.get_by_role("link", name="Open the demo page").get_attribute("href")
    assert demo is not None
    visitor.visit(demo)
    did.one()
    expect(seen).to_contain_text(f"Seen on {server.url}")
    expect(seen).to_have_attribute("data-state", "seen")

    visitor.open()
    did.one()
    visitor.field.press_sequentially(f"Charged twice on {CARD}!")
    expect(visitor.chat.locator("[data-preview]")).to_contain_text(MASKED)
    visitor.field.press("Enter")
    did.one()
    expect(visitor.bubble(f"Charged twice on {MASKED}!")).to_have_attribute("data-state", "sent")

    wire: list[Frames] = []
    owner.context.on("page", lambda page: wire.append(Frames.of(page)))
    with owner.context.expect_page() as opened:
        owner.get_by_role("link", name="Open the console").click()
    did.one()
    console = Agent(opened.value)
    expect(console.row(MASKED)).to_have_count(1)
    console.take_next()
    did.one()
    expect(console.message(f"Charged twice on {MASKED}!")).to_be_visible()
    console.reply("The second one is cancelled.")
    did.one()
    expect(visitor.bubble("The second one is cancelled.")).to_be_visible()
    assert did.actions <= MOST_ACTIONS

    frames = wire[0].received
    assert any(MASKED in frame for frame in frames)
    everything = [*frames, *text_of(shown_to_owner), *text_of(shown_to_guest)]
    for page in (owner, guest, console.page):
        everything += [frame.content() for frame in page.frames]
    assert not any(has_number(text) for text in everything)
