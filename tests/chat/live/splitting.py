"""Server processes' writers with a clock of the test's, and what an agent saw of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asgiref.sync import sync_to_async

from chat import sealing
from chat.live.writer import Post, Posted, Revised, Stored, Writer
from security.masking import MaskingPolicy
from security.scoping import tenant_scope
from tests.chat.conversations import Talk

from .writing import post, rows

HELD = "•••• (checking…)"
POLICY = MaskingPolicy()


@dataclass(slots=True)
class Clock:
    """Time as the writers see it; a little ahead of the rows' that a test begins with."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1))

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True)
class Watcher:
    """What an agent's screen shows, and everything that it ever showed. Writers tell it as they tell the fan-out."""

    shown: dict[object, str] = field(default_factory=dict)
    ever: list[str] = field(default_factory=list)
    told: list[Stored] = field(default_factory=list)

    def __call__(self, stored: Sequence[Stored]) -> None:
        for one in stored:
            message = one.message if isinstance(one, Posted) else one
            self.shown[message.id] = str(message.text)
            self.told.append(one)
        self.ever.append(" | ".join(self.shown.values()))

    @property
    def revised(self) -> list[tuple[str, str]]:
        return [(str(one.text), one.reason) for one in self.told if isinstance(one, Revised)]


@asynccontextmanager
async def process(watcher: Watcher, clock: Clock, conninfo: str | None = None) -> AsyncIterator[Writer]:
    """A server process's writer."""
    writer = Writer(on_committed=watcher, clock=clock, conninfo=conninfo)
    try:
        yield writer
    finally:
        await writer.close()


def typed(talk: Talk, text: str, **changes: object) -> Post:
    """A visitor's message, as his socket puts it."""
    return post(talk, text, policy=POLICY, **changes)


@sync_to_async
def stored(talk: Talk) -> list[str]:
    """What the messages say now, by `seq`."""
    with tenant_scope(talk.tenant_id):
        return [str(sealing.open_message(row, conversation=talk.public_id)) for row in rows(talk)]


def digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
