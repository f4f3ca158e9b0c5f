"""Tells waiting visitors their place in the queue: one query a tenant, at most every 2 s, a frame only when it changed."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Protocol
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from chat.live.protocol import server
from chat.live.work import in_scope
from chat.models import Conversation, Status

logger = logging.getLogger(__name__)

EVERY = 2.0


class Waiting(Protocol):
    """A visitor's socket whose conversation waits."""

    def send_frame(self, frame: bytes, /) -> bool: ...


class Positions:
    """Sockets that want to know, by tenant."""

    def __init__(self) -> None:
        self._waiting: dict[int, dict[Waiting, UUID]] = defaultdict(dict)
        self._told: dict[Waiting, int] = {}

    def follow(self, tenant_id: int, socket: Waiting, conversation: UUID) -> None:
        self._waiting[tenant_id][socket] = conversation

    def unfollow(self, tenant_id: int, socket: Waiting) -> None:
        self._told.pop(socket, None)
        sockets = self._waiting.get(tenant_id)
        if sockets is not None:
            sockets.pop(socket, None)
            if not sockets:
                del self._waiting[tenant_id]

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            for tenant_id in tuple(self._waiting):
                try:
                    self._tell(tenant_id, await in_scope(tenant_id, _places))
                except Exception as error:  # noqa: BLE001 - a place in the queue is a courtesy; the next round may do better
                    logger.warning("Places in the queue could not be read: %s", type(error).__name__)

    def _tell(self, tenant_id: int, places: dict[UUID, int]) -> None:
        for socket, conversation in tuple(self._waiting.get(tenant_id, {}).items()):
            place = places.get(conversation)
            if place is not None and self._told.get(socket) != place:
                self._told[socket] = place
                socket.send_frame(server.status(conversation=conversation, status=Status.WAITING.value, position=place))


def _places() -> dict[UUID, int]:
    """Each waiting conversation's place among those of its department, longest wait first."""
    place = Window(RowNumber(), partition_by=[F("department")], order_by=["waiting_since", "id"])
    waiting = Conversation.objects.filter(status=Status.WAITING.value).annotate(place=place)
    return dict(waiting.values_list("public_id", "place"))
