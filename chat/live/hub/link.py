"""One connection to Valkey, made anew by its owner after each failure.

No silent retries, so that the owner knows that frames may be lost.
"""

from __future__ import annotations

import asyncio
from typing import Final

from redis.asyncio import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

LOST: Final = (RedisError, OSError, asyncio.TimeoutError)
"""What a connection that is gone or hangs raises."""

CONNECT_WITHIN: Final = 2.0
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 1.0


class Link:
    """Opens connections to one address, and closes them."""

    def __init__(self, url: str) -> None:
        # RESP2: what a subscriber reads is then plain lists, in the order in which they came.
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_WITHIN,
            socket_timeout=None,
            health_check_interval=0,
        )

    async def open(self) -> Connection:
        """A connection that is ready; LOST where there is none."""
        connection: Connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                await connection.connect()  # type: ignore[no-untyped-call]
        except BaseException:
            await close(connection)
            raise
        return connection


async def close(connection: Connection | None) -> None:
    """Close without waiting for the other side; a connection that is broken already is no error."""
    if connection is not None:
        try:
            await connection.disconnect(nowait=True)
        except LOST:
            return


def next_pause(pause: float) -> float:
    """The pause after one more failure."""
    return min(pause * 2, LONGEST_PAUSE)
