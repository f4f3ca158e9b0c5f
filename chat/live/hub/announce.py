"""Telling the servers' sockets from a process that has none: a worker, a command, an HTTP request in a thread."""

from __future__ import annotations

import logging
from typing import Protocol
from uuid import UUID

from redis.exceptions import RedisError

from chat.live.hub import envelope
from chat.live.hub.envelope import Sealer
from chat.live.hub.event import Event, Hint
from chat.live.hub.rooms import RoomName, channel, conversation

logger = logging.getLogger(__name__)


class Client(Protocol):
    """What is needed of a synchronous client of Valkey."""

    def publish(self, channel: str, message: bytes, /) -> object:
        """Send `message` to the subscribers of `channel`."""
        ...


class Announcer:
    """Publishes after the commit, from synchronous code.

    A failure is logged and no more: the servers find out from the database.
    """

    def __init__(self, client: Client, sealer: Sealer, prefix: str) -> None:
        self._client = client
        self._sealer = sealer
        self._prefix = prefix
        self._process = envelope.new_process()

    def announce(self, tenant_id: int, room: RoomName, event: Event) -> None:
        """Tell the members of `room` in all servers."""
        self._publish(tenant_id, room, event)

    def hint(self, tenant_id: int, conversation_id: UUID, rev: int) -> None:
        """Tell all servers that a conversation has come to `rev`."""
        self._publish(tenant_id, conversation(conversation_id), Hint(rev))

    def _publish(self, tenant_id: int, room: RoomName, event: Event | Hint) -> None:
        blob = envelope.sealed(self._process, self._sealer, tenant_id, room, event)
        try:
            self._client.publish(channel(self._prefix, (tenant_id, room)), blob)
        except (RedisError, OSError) as error:
            logger.warning("An event was stored and not announced: %s", type(error).__name__)
