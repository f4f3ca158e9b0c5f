"""The hub of one process: rooms, and the two connections that join it to the other processes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

from chat.live.hub import envelope
from chat.live.hub.envelope import PROCESS_BYTES, Malformed, Sealer
from chat.live.hub.event import Event, Hint, Member, Truth
from chat.live.hub.link import Link
from chat.live.hub.publisher import Publisher
from chat.live.hub.repair import Repair
from chat.live.hub.room import ConversationRoom, Place, Room
from chat.live.hub.rooms import RoomKey, RoomName, channel, conversation, conversation_of, key_of
from chat.live.hub.subscriber import Subscriber

logger = logging.getLogger(__name__)

PREFIX = "chat:"


class Hub:
    """Passes events to the members of rooms, here and in other processes. It belongs to the event loop that started it.

    `poll_every`: how often it asks the database for newer revs while Valkey is away; `check_every` the same while it is
    there, for what a killed process stored and never told; `grace`: how long a missing rev may be late before the
    database is asked, waited by `sleep`. In seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        sealer: Sealer,
        truth: Truth,
        prefix: str = PREFIX,
        poll_every: float = 2.0,
        check_every: float = 5.0,
        grace: float = 0.05,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.unreadable = 0
        self._sealer = sealer
        self._prefix = prefix
        self._process = envelope.new_process()
        self._rooms: dict[RoomKey, Room] = {}
        link = Link(url)
        self._publisher = Publisher(link, sealer, self._process, prefix)
        self._repair = Repair(self._rooms, truth, grace=grace, sleep=sleep)
        self._subscriber = Subscriber(link, on_message=self._receive, on_up=self._come_back, on_down=self._go_away)
        self._pauses = (poll_every, check_every)
        self._turned = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_connected(self) -> bool:
        """Whether other processes' events arrive."""
        return self._subscriber.is_up

    @property
    def waiting(self) -> int:
        """Events that other processes have not been told yet."""
        return self._publisher.waiting

    async def start(self) -> None:
        """Begin; does not wait for Valkey."""
        if self._loop is not None:
            raise RuntimeError("the hub runs already")
        self._loop = asyncio.get_running_loop()
        self._tasks = [
            asyncio.create_task(self._publisher.run()),
            asyncio.create_task(self._subscriber.run()),
            asyncio.create_task(self._watch()),
        ]

    async def stop(self) -> None:
        """End, with nothing left running. Rooms and their members are forgotten."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._repair.stop()
        self._rooms.clear()
        self._loop = None

    async def join(self, name: RoomName, member: Member) -> Place:
        """A place in the member's own tenant's room that keeps events from now on. Read the database next, then `go_live`."""
        self._check_loop()
        key = (member.tenant_id, name)
        room = self._rooms.get(key)
        if room is None:
            room = self._rooms[key] = self._new_room(key)
        place = room.join(member)
        try:
            await self._subscriber.subscribe(channel(self._prefix, key))
        except BaseException:  # cancelled while waiting: its caller has no place to leave
            self.leave(name, member)
            raise
        return place

    def leave(self, name: RoomName, member: Member) -> None:
        """Nothing more from this room; not being in it is no error."""
        key = (member.tenant_id, name)
        room = self._rooms.get(key)
        if room is None:
            return
        room.leave(member)
        if not room.places:
            del self._rooms[key]
            self._subscriber.unsubscribe(channel(self._prefix, key))

    def publish(
        self,
        tenant_id: int,
        name: RoomName,
        event: Event,
        *,
        sender: Member | None = None,
        ack: bytes | None = None,
    ) -> None:
        """Tell all members, those of this process at once.

        Call it after the commit, for a conversation in the order of `rev`.
        The sending socket gets `ack` at the event's place in the order, and nothing else; whether or not it is in the
        room.
        """
        self._check_loop()
        room = self._rooms.get((tenant_id, name))
        if room is not None:
            room.offer(event, sender, ack)
        elif sender is not None and ack is not None:
            sender.deliver(ack)
        self._publisher.put(tenant_id, name, event)

    def hint(self, tenant_id: int, conversation_id: UUID, rev: int) -> None:
        """Tell all processes that a conversation has come to `rev`; who has less asks the database."""
        self._check_loop()
        name = conversation(conversation_id)
        room = self._rooms.get((tenant_id, name))
        if room is not None:
            room.offer(Hint(rev))
        self._publisher.put(tenant_id, name, Hint(rev))

    def _new_room(self, key: RoomKey) -> Room:
        tenant_id, name = key
        if conversation_of(name) is None:
            return Room(name, tenant_id)
        return ConversationRoom(name, tenant_id, self._repair.fill)

    def _receive(self, source: str, payload: bytes) -> None:
        """An event of another process. What this one sent comes back as well, and was delivered before."""
        if payload[:PROCESS_BYTES] == self._process:
            return
        tenant_id, name = key = key_of(self._prefix, source)
        room = self._rooms.get(key)
        if room is None:
            return
        try:
            event = envelope.unpacked(self._sealer.open(tenant_id, name, payload[PROCESS_BYTES:]))
        except Malformed:
            self.unreadable += 1
            logger.error("An envelope of another form was dropped")  # noqa: TRY400
        except Exception as error:  # noqa: BLE001 - whatever a sealer raises, the frame is not delivered
            self.unreadable += 1
            logger.error("An envelope could not be opened: %s", type(error).__name__)  # noqa: TRY400
        else:
            room.offer(event)

    def _come_back(self) -> None:
        self._turned.set()
        self._repair.came_back()

    def _go_away(self) -> None:
        self._turned.set()
        self._repair.went_away()

    async def _watch(self) -> None:
        """Ask the database from time to time, more often while Valkey is away, and at once when that changes."""
        poll_every, check_every = self._pauses
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(check_every if self.is_connected else poll_every):
                    await self._turned.wait()
            self._turned.clear()
            await self._repair.check(away=not self.is_connected)

    def _check_loop(self) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError("the hub belongs to another event loop, or does not run")
