"""Agents with a socket in this process, made known to all: by rows that are renewed, and by `agents` frames when something changes."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from chat import events
from chat.live.protocol import server
from chat.live.work import in_scope
from chat.services import presence

logger = logging.getLogger(__name__)

RENEW_EVERY = timedelta(seconds=20)


class PresenceKeeper:
    """Counts sockets by tenant and membership (primary keys)."""

    def __init__(self, process_id: UUID, *, renew_every: timedelta = RENEW_EVERY) -> None:
        self._process_id = process_id
        self._renew_every = renew_every
        self._sockets: dict[int, Counter[int]] = defaultdict(Counter)

    async def enter(self, tenant_id: int, membership_pk: int) -> None:
        """A socket of this member is open."""
        self._sockets[tenant_id][membership_pk] += 1
        if self._sockets[tenant_id][membership_pk] == 1:
            await self._renew(tenant_id)

    async def leave(self, tenant_id: int, membership_pk: int) -> None:
        """It closed; with the member's last one here the 60 s begin, after which his conversations go back to the queue."""
        sockets = self._sockets.get(tenant_id)
        if sockets is None or sockets[membership_pk] <= 0:
            return
        sockets[membership_pk] -= 1
        if sockets[membership_pk] > 0:
            return
        del sockets[membership_pk]
        if not sockets:
            del self._sockets[tenant_id]  # before waiting: whoever enters meanwhile begins a new count
        await in_scope(
            tenant_id, presence.leave, process_id=self._process_id, membership_pk=membership_pk, now=timezone.now()
        )

    async def leave_all(self) -> None:
        """The process ends."""
        for tenant_id, sockets in list(self._sockets.items()):
            for membership_pk in list(sockets):
                sockets[membership_pk] = 1
                await self.leave(tenant_id, membership_pk)

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            await asyncio.sleep(self._renew_every.total_seconds())
            for tenant_id in tuple(self._sockets):
                try:
                    await self._renew(tenant_id)
                except Exception as error:  # noqa: BLE001 - the next tenant, and the next round, may do better
                    logger.warning("Presence could not be renewed: %s", type(error).__name__)

    async def _renew(self, tenant_id: int) -> None:
        members = tuple(self._sockets.get(tenant_id, ()))  # looking must not begin a count: the last one may have left
        if members:
            await in_scope(tenant_id, _renew_and_tell, self._process_id, members)


def _renew_and_tell(process_id: UUID, membership_pks: tuple[int, ...]) -> None:
    now = timezone.now()
    presence.renew_presence(process_id=process_id, membership_pks=membership_pks, now=now)
    events.publish_agents(server.agents(presence.colleagues(now=now)))
