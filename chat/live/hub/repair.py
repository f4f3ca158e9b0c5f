"""What the fan-out lost is read from the database.

Gaps in conversations, and the state of the other rooms after Valkey was away.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final
from uuid import UUID

from chat.live.hub.event import Hint, Truth
from chat.live.hub.room import ConversationRoom, Room
from chat.live.hub.rooms import RoomKey, conversation, conversation_of, is_visitors

logger = logging.getLogger(__name__)

AT_ONCE: Final = 4
CHUNK: Final = 1_000
AGAIN_AFTER: Final = 0.5


class Repair:
    """Asks the truth, a few questions at a time. What fails is asked again: the gap stays open until it is answered."""

    def __init__(
        self,
        rooms: Mapping[RoomKey, Room],
        truth: Truth,
        *,
        grace: float,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._rooms = rooms
        self._truth = truth
        self._grace = grace
        self._sleep = sleep
        self._filling: set[ConversationRoom] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)
        # Until the first connection stands, what was joined was not subscribed.
        self._was_away = True

    def fill(self, room: ConversationRoom) -> None:
        """Close the gap of `room`, unless that is under way."""
        if room not in self._filling:
            self._filling.add(room)
            self._begin(self._fill(room))

    def went_away(self) -> None:
        """Valkey is gone."""
        self._was_away = True

    def came_back(self) -> None:
        """Every room may have missed something."""
        if self._was_away:
            self._was_away = False
            self._begin(self.check(away=False, missed=True))

    async def check(self, *, away: bool, missed: bool = False) -> None:
        """Ask for newer revs of all conversations in use.

        While `away`, and once when something was `missed`, for the other rooms' state.
        """
        conversations: defaultdict[int, list[UUID]] = defaultdict(list)
        for (_, name), room in self._rooms.items():
            id_ = conversation_of(name) if isinstance(room, ConversationRoom) and room.last_rev is not None else None
            if id_ is not None:
                conversations[room.tenant_id].append(id_)
        work = [
            self._compare(tenant_id, ids[start : start + CHUNK])
            for tenant_id, ids in conversations.items()
            for start in range(0, len(ids), CHUNK)
        ]
        work += [
            self._refresh(room)
            for (_, name), room in list(self._rooms.items())
            if not isinstance(room, ConversationRoom) and (missed or (away and not is_visitors(name)))
        ]
        await asyncio.gather(*work)

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._filling.clear()

    async def _fill(self, room: ConversationRoom) -> None:
        pause = self._grace
        try:
            while self._is_open(room) and room.is_behind:
                await self._sleep(pause)
                pause = AGAIN_AFTER
                id_ = conversation_of(room.name)
                if id_ is None or room.last_rev is None or not room.is_behind:
                    return
                async with self._turns:
                    after = room.last_rev
                    found = await self._asked(self._truth.catch_up(room.tenant_id, id_, after))
                if found is not None and self._is_open(room):
                    room.settle(found)
        finally:
            self._filling.discard(room)

    async def _compare(self, tenant_id: int, ids: list[UUID]) -> None:
        async with self._turns:
            newest = await self._asked(self._truth.newest(tenant_id, ids))
        for id_, rev in (newest or {}).items():
            room = self._rooms.get((tenant_id, conversation(id_)))
            if room is not None:
                room.offer(Hint(rev))

    async def _refresh(self, room: Room) -> None:
        async with self._turns:
            events = await self._asked(self._truth.current(room.tenant_id, room.name))
        if self._is_open(room):
            for event in events or ():
                room.offer(event)

    async def _asked(self, question: Coroutine[Any, Any, Any]) -> Any:
        """The answer, or None where there is none now."""
        try:
            return await question
        except Exception as error:  # noqa: BLE001 - the database may be away; asked again later
            logger.warning("The database could not be asked what is new: %s", type(error).__name__)
            return None

    def _is_open(self, room: Room) -> bool:
        return self._rooms.get((room.tenant_id, room.name)) is room

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
