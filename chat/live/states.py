"""Lists stay current: a conversation in which something was said is told to the agents' lists, at most twice a second."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from uuid import UUID

from chat import events
from chat.live.work import in_scope

logger = logging.getLogger(__name__)

EVERY = 0.5


class States:
    """Conversations whose view may have changed, by tenant; told in one read a tenant and round, however many messages there were."""

    def __init__(self) -> None:
        self._touched: dict[int, set[UUID]] = defaultdict(set)

    def touch(self, tenant_id: int, conversation: UUID) -> None:
        self._touched[tenant_id].add(conversation)

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            touched, self._touched = self._touched, defaultdict(set)
            for tenant_id, conversations in touched.items():
                try:
                    await in_scope(tenant_id, events.publish_states, conversations)
                except Exception as error:  # noqa: BLE001 - lists are asked for again; the next change tells it anyway
                    logger.warning("States of conversations could not be told: %s", type(error).__name__)
