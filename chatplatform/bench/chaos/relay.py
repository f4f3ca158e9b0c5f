"""Between clients and a server: carries bytes both ways, until it is told to carry nothing more of what is open, and to close none of it.

So does a network behind which a machine was switched off, or whose address translation forgot the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

_PIECE: Final = 64 * 1024


@dataclass(eq=False, slots=True)
class _Way:
    """One connection's two ends."""

    carrier: asyncio.Task[None] | None
    is_lost: bool = False


@dataclass(slots=True)
class Relay:
    """One port that leads to `port`."""

    port: int
    ways: set[_Way] = field(default_factory=set)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, for as long as both sides want it."""
        self.ways.add(way := _Way(asyncio.current_task()))
        with contextlib.suppress(
            asyncio.CancelledError
        ):  # asyncio's streams of 3.11 complain of a handler that ends so
            await self._carry(way, reader, writer)
        self.ways.discard(way)

    async def _carry(self, way: _Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.close()
            return
        ends = [asyncio.create_task(_pass_on(way, reader, back)), asyncio.create_task(_pass_on(way, there, writer))]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if way.is_lost:  # one side has given up, of which the other one is not told
                await asyncio.wait(ends)
        finally:
            for end in ends:
                end.cancel()
            for side in (writer, back):
                side.close()


def fall_silent(of: Iterable[Relay]) -> None:
    """Whatever is open now is never heard of again, on either side."""
    for relay in of:
        for way in relay.ways:
            way.is_lost = True


async def _pass_on(way: _Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the side that is read ends. What comes on a lost way goes nowhere."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(_PIECE):
            if not way.is_lost:
                writer.write(piece)
                await writer.drain()


@contextlib.asynccontextmanager
async def relays(ports: Sequence[int]) -> AsyncIterator[tuple[list[Relay], list[str]]]:
    """One before each port, and their addresses for sockets."""
    made = [Relay(port) for port in ports]
    servers = [await asyncio.start_server(relay.carry, "127.0.0.1", 0) for relay in made]
    try:
        yield made, [f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in servers]
    finally:
        for server in servers:
            server.close()
        carriers = [way.carrier for relay in made for way in relay.ways if way.carrier is not None]
        for carrier in carriers:
            carrier.cancel()
        await asyncio.gather(*carriers)
