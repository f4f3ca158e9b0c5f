"""What people do in a browser: Vera in the widget of a shop, Alice and the others in the console."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import FrameLocator, Locator, Page, WebSocket, expect

CARD: Final = "4242 4242 4242 4242"
MASKED: Final = "•••• •••• •••• 4242"
STORED: Final = re.compile(r"^\d+$")
"""What `data-seq` is as soon as the server has a message."""


@dataclass(slots=True)
class Frames:
    """The text frames that a page's sockets received and sent, as they were on the wire."""

    received: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> Frames:
        """Begins to listen; before the page is opened."""
        frames = cls()

        def opened(socket: WebSocket) -> None:
            socket.on("framereceived", lambda payload: frames.received.append(str(payload)))
            socket.on("framesent", lambda payload: frames.sent.append(str(payload)))

        page.on("websocket", opened)
        return frames


@dataclass(frozen=True, slots=True)
class Visitor:
    """A page of a shop, and the chat in it."""

    page: Page

    @property
    def launcher(self) -> Locator:
        return self.page.locator("div[aria-label=Chat] button")

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("iframe[title=Chat]")

    @property
    def field(self) -> Locator:
        return self.chat.locator("[data-composer]")

    @property
    def bubbles(self) -> Locator:
        return self.chat.locator("[data-message]")

    def visit(self, address: str) -> Visitor:
        """Go there; the launcher is there when this returns."""
        self.page.goto(address)
        expect(self.launcher).to_be_visible()
        return self

    def open(self) -> Visitor:
        self.launcher.click()
        expect(self.field).to_be_focused()
        expect(self.chat.locator("[data-standing]")).not_to_be_empty()
        return self

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def say(self, text: str, *, shown: str | None = None) -> Locator:
        """Write it and see it stored."""
        self.write(text)
        bubble = self.bubble(text if shown is None else shown)
        expect(bubble).to_have_attribute("data-seq", STORED)
        return bubble

    def bubble(self, text: str) -> Locator:
        return self.bubbles.filter(has=self.chat.get_by_text(text, exact=True))


@dataclass(frozen=True, slots=True)
class Agent:
    """A console."""

    page: Page

    @property
    def thread(self) -> Locator:
        return self.page.locator("[data-thread]")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def rows(self) -> Locator:
        return self.page.locator("a.row")

    @property
    def field(self) -> Locator:
        return self.page.locator("textarea.composer__field")

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    def message(self, text: str) -> Locator:
        return self.log.locator(".message").filter(has=self.page.get_by_text(text, exact=True))

    def enter(self) -> Agent:
        """Open the console and wait until it knows who is working here."""
        self.page.goto("/console/")
        expect(self.page.locator(".rail__load")).not_to_be_empty()
        return self

    def take_next(self) -> Agent:
        self.page.get_by_role("button", name="Take next").click()
        expect(self.field).to_be_focused()
        return self

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def reply(self, text: str) -> Locator:
        """Write it and see it stored."""
        self.write(text)
        expect(self.message(text)).to_have_attribute("data-seq", STORED)
        return self.message(text)
