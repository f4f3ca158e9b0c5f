"""Writers and orders for the writer's tests."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chat.live.protocol.shapes import Author
from chat.live.writer import Bounds, LockedConversation, Post, Revise, Stored, Writer
from chat.models import Message
from security.masking import mask
from security.scoping import tenant_scope
from tests.chat.conversations import Talk
from tests.services import session


@dataclass(slots=True)
class Published:
    """What `on_committed` was called with."""

    turns: list[list[Stored]] = field(default_factory=list)

    def __call__(self, stored: Sequence[Stored]) -> None:
        self.turns.append(list(stored))

    @property
    def all(self) -> list[Stored]:
        return [stored for turn in self.turns for stored in turn]


@asynccontextmanager
async def writing(published: Published | None = None, bounds: Bounds | None = None) -> AsyncIterator[Writer]:
    """A writer that is closed at the end."""
    writer = Writer(on_committed=published or Published(), bounds=bounds)
    try:
        yield writer
    finally:
        await writer.close()


def allowed(row: LockedConversation) -> None:
    return None


def post(talk: Talk, text: str = "Hello", author: Author | None = None, **changes: Any) -> Post:
    """Vera's message, unless said otherwise."""
    values: dict[str, Any] = {
        "tenant_id": talk.tenant_id,
        "conversation": talk.public_id,
        "author": author or talk.visitor,
        "client_id": uuid.uuid4(),
        "text": mask(text),
        "check": allowed,
    }
    return Post(**(values | changes))


def edit(talk: Talk, message: UUID, text: str, **changes: Any) -> Revise:
    """Alice's change of her own message."""
    values: dict[str, Any] = {
        "tenant_id": talk.tenant_id,
        "conversation": talk.public_id,
        "message": message,
        "author_id": talk.agent.id,
        "text": mask(text),
        "check": allowed,
    }
    return Revise(**(values | changes))


def rows(talk: Talk) -> list[Message]:
    """The stored messages, by `seq`."""
    with tenant_scope(talk.tenant_id):
        return list(Message.objects.filter(conversation=talk.pk).order_by("seq"))


def writers_alive(*, end: bool = False) -> int:
    """How many connections of writers the server has; with `end`, it terminates them."""
    server, database = session.current()
    act = "pg_terminate_backend(pid)" if end else "true"
    with server.superuser(database) as connection:
        found = connection.execute(
            f"SELECT {act} FROM pg_stat_activity WHERE datname = %s AND application_name = 'chatplatform writer'",
            [database],
        )
        return len(found.fetchall())
