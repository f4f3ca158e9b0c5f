"""The one way in from other processes: subscribed to exactly the rooms that have members here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from redis.asyncio import Connection

from chat.live.hub.link import FIRST_PAUSE, LOST, Link, close, next_pause

logger = logging.getLogger(__name__)

PING_EVERY: Final = 3.0
CHUNK: Final = 500
CONFIRMED_WITHIN: Final = 2.0


class Subscriber:
    """Keeps the subscriptions that are wanted, over as many connections as it takes.

    `on_message(channel, payload)` for each message; `on_up` after all wanted channels are subscribed (again), `on_down`
    when the connection is gone: between the two, messages are lost.
    """

    def __init__(
        self,
        link: Link,
        *,
        on_message: Callable[[str, bytes], None],
        on_up: Callable[[], None],
        on_down: Callable[[], None],
    ) -> None:
        self._link = link
        self._on_message = on_message
        self._on_up = on_up
        self._on_down = on_down
        self._wanted: set[str] = set()
        self._asked: set[str] = set()
        self._changed: set[str] = set()
        self._confirmations: dict[str, asyncio.Future[None]] = {}
        self._connection: Connection | None = None
        self._flushing: asyncio.Task[None] | None = None
        self.is_up = False

    async def subscribe(self, channel: str) -> None:
        """Return once `channel` is subscribed.

        At once while Valkey is away, since a later connection takes it along.
        """
        self._wanted.add(channel)
        if not self.is_up or (channel in self._asked and channel not in self._confirmations):
            return
        confirmation = self._confirmations.get(channel)
        if confirmation is None:
            confirmation = self._confirmations[channel] = asyncio.get_running_loop().create_future()
        self._change(channel)
        await asyncio.wait({confirmation}, timeout=CONFIRMED_WITHIN)

    def unsubscribe(self, channel: str) -> None:
        """Not wanted any more; never waits."""
        self._wanted.discard(channel)
        if self.is_up:
            self._change(channel)

    async def run(self) -> None:
        """Connect, subscribe and read until cancelled."""
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    connection = self._connection = await self._link.open()
                    pause = FIRST_PAUSE
                    await self._serve(connection)
                except LOST as error:
                    logger.warning("Reading from Valkey failed: %s", type(error).__name__)
                await self._lose()
                await asyncio.sleep(pause)
                pause = next_pause(pause)
        finally:
            await self._lose()

    async def _serve(self, connection: Connection) -> None:
        self._asked = set(self._wanted)
        await self._command(connection, "SUBSCRIBE", sorted(self._asked))
        # The answer to PING comes after those to SUBSCRIBE: all of them are in force then.
        await connection.send_command("PING", check_health=False)
        pinged = True
        while True:
            answer = await self._read(connection, pinged=pinged)
            pinged = answer is None
            if pinged:
                await connection.send_command("PING", check_health=False)
            elif answer in (b"PONG", [b"pong", b""]):
                self._come_up()
            else:
                self._take(answer)

    async def _read(self, connection: Connection, *, pinged: bool) -> Any:
        """The next answer; None after a while of silence; a TimeoutError when not even PING is answered."""
        try:
            async with asyncio.timeout(PING_EVERY):
                return await connection.read_response(timeout=None, disconnect_on_error=False)
        except TimeoutError:
            if pinged:
                raise
            return None

    def _come_up(self) -> None:
        if self.is_up:
            return
        self.is_up = True
        for channel in self._wanted ^ self._asked:
            self._change(channel)
        self._on_up()

    def _take(self, answer: Any) -> None:
        kind, channel, payload = answer
        if kind == b"message":
            self._on_message(channel.decode(), payload)
        elif kind == b"subscribe":
            confirmation = self._confirmations.pop(channel.decode(), None)
            if confirmation is not None and not confirmation.done():
                confirmation.set_result(None)

    def _change(self, channel: str) -> None:
        """Gather what changes in this turn of the loop, and while the last change is written."""
        self._changed.add(channel)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._changed and self._connection is not None:
                changed, self._changed = self._changed, set()
                more = sorted((changed & self._wanted) - self._asked)
                less = sorted((changed & self._asked) - self._wanted)
                self._asked.update(more)
                self._asked.difference_update(less)
                await self._command(self._connection, "UNSUBSCRIBE", less)
                await self._command(self._connection, "SUBSCRIBE", more)
        except LOST:
            # The reader sees it as well, and connects again with what is wanted then.
            await close(self._connection)
        finally:
            self._flushing = None

    async def _command(self, connection: Connection, name: str, channels: list[str]) -> None:
        for start in range(0, len(channels), CHUNK):
            await connection.send_command(name, *channels[start : start + CHUNK], check_health=False)

    async def _lose(self) -> None:
        connection, self._connection = self._connection, None
        was_up, self.is_up = self.is_up, False
        self._changed.clear()
        for confirmation in self._confirmations.values():
            if not confirmation.done():
                confirmation.set_result(None)
        self._confirmations.clear()
        await close(connection)
        if was_up:
            self._on_down()
