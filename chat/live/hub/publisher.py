"""The one way out to other processes: what gathered while the last batch was written goes in one write."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

from redis.asyncio import Connection

from chat.live import stages
from chat.live.hub import envelope
from chat.live.hub.envelope import Sealer
from chat.live.hub.event import Event, Hint
from chat.live.hub.link import FIRST_PAUSE, LOST, Link, close, next_pause
from chat.live.hub.rooms import RoomKey, RoomName, channel

logger = logging.getLogger(__name__)

BATCH: Final = 256
QUEUE_LIMIT: Final = 10_000
HINT_LIMIT: Final = 100_000
ANSWER_WITHIN: Final = 2.0

Item = tuple[int, RoomName, Event | Hint]


class Publisher:
    """Publishes without making anybody wait.

    While Valkey is away, and for what does not fit, an ordered event shrinks to a hint, one for each room; the others
    are lost, which their rooms make good by asking for the present state.
    """

    def __init__(self, link: Link, sealer: Sealer, process: bytes, prefix: str) -> None:
        self._link = link
        self._sealer = sealer
        self._process = process
        self._prefix = prefix
        self._queue: deque[Item] = deque()
        self._hints: dict[RoomKey, int] = {}
        self._connection: Connection | None = None
        self._filled = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Events and hints that no batch has taken yet."""
        return len(self._queue) + len(self._hints)

    def put(self, tenant_id: int, room: RoomName, event: Event | Hint) -> None:
        """Queue an event for the other processes; never waits."""
        if self._connection is None or len(self._queue) >= QUEUE_LIMIT:
            self._shrink((tenant_id, room, event))
        else:
            self._queue.append((tenant_id, room, event))
        self._filled.set()

    async def run(self) -> None:
        """Connect and publish until cancelled."""
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    self._connection = await self._link.open()
                    pause = FIRST_PAUSE
                    await self._publish(self._connection)
                except LOST as error:
                    logger.warning("Publishing to Valkey failed: %s", type(error).__name__)
                await self._give_up()
                await asyncio.sleep(pause)
                pause = next_pause(pause)
        finally:
            await self._give_up()

    async def _publish(self, connection: Connection) -> None:
        while True:
            await self._filled.wait()
            self._unshrink()
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            if not batch:
                self._filled.clear()
                continue
            try:
                with stages.PUBLISH.time():
                    async with asyncio.timeout(ANSWER_WITHIN):
                        await self._send(connection, batch)
            except BaseException:
                # Perhaps it arrived, perhaps not; who has it already drops the hint.
                for item in batch:
                    self._shrink(item)
                raise

    async def _send(self, connection: Connection, batch: list[Item]) -> None:
        commands = []
        for tenant_id, room, event in batch:
            try:
                blob = envelope.sealed(self._process, self._sealer, tenant_id, room, event)
            except Exception as error:  # noqa: BLE001 - one tenant's key must not stop the others' frames
                logger.error("An event could not be sealed: %s", type(error).__name__)  # noqa: TRY400
                continue
            commands.append(_packed(channel(self._prefix, (tenant_id, room)).encode(), blob))
        if not commands:
            return
        await connection.send_packed_command(b"".join(commands), check_health=False)
        for _ in commands:
            await connection.read_response()

    async def _give_up(self) -> None:
        """Nothing is queued in full while there is no connection."""
        connection, self._connection = self._connection, None
        while self._queue:
            self._shrink(self._queue.popleft())
        await close(connection)

    def _shrink(self, item: Item) -> None:
        tenant_id, room, event = item
        key = (tenant_id, room)
        if event.rev is None or (key not in self._hints and len(self._hints) >= HINT_LIMIT):
            return
        self._hints[key] = max(self._hints.get(key, 0), event.rev)

    def _unshrink(self) -> None:
        """Hints go out before what came after them, as far as there is room."""
        while self._hints and len(self._queue) < QUEUE_LIMIT:
            (tenant_id, room), rev = self._hints.popitem()
            self._queue.append((tenant_id, room, Hint(rev)))


def _packed(to: bytes, blob: bytes) -> bytes:
    """PUBLISH as it is sent; the client's own packing takes any command apart, which costs as much as sealing."""
    return b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(to), to, len(blob), blob)
