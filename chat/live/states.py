"""Lists stay current: a conversation in which something was said is told to the agents' lists, at most twice a second."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from chat import events
from chat.live.protocol import server
from chat.live.work import in_scope
from chat.services import presence

logger = logging.getLogger(__name__)

EVERY = 0.5


class States:
    """Conversations whose view may have changed, by tenant; told in one read a tenant and round, however many messages there were."""

    def __init__(self) -> None:
        self._touched: dict[int, set[UUID]] = defaultdict(set)
        self._busy: set[int] = set()

    def touch_agents(self, tenant_id: int) -> None:
        """Who is there, or how busy, has changed."""
        self._busy.add(tenant_id)

    def touch(self, tenant_id: int, conversation: UUID) -> None:
        self._touched[tenant_id].add(conversation)

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            touched, self._touched = self._touched, defaultdict(set)
            busy, self._busy = self._busy, set()
            for tenant_id in touched.keys() | busy:
                try:
                    await in_scope(tenant_id, _tell, touched.get(tenant_id, ()), is_busy=tenant_id in busy)
                except Exception as error:  # noqa: BLE001 - lists are asked for again; the next change tells it anyway
                    logger.warning("States of conversations could not be told: %s", type(error).__name__)


def _tell(conversations: Iterable[UUID], *, is_busy: bool) -> None:
    events.publish_states(conversations)
    if is_busy:
        events.publish_agents(server.agents(presence.colleagues(now=timezone.now())))
