"""Sockets that say nothing but `ping`: who merely has a page open. They come back as the widget does, and what their coming back looks like is noted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

_PING_EVERY: Final = 20.0
_BASE, _MOST, _RESTART_ATTEMPT = 0.5, 30.0, 4
_WELCOME_WITHIN: Final = 10.0
_RESTARTING: Final = 1012


@dataclass(slots=True)
class Crowd:
    """So many of them, at any of the servers; `urls` are sites' sockets."""

    count: int
    urls: Sequence[str]
    origin: str
    chance: random.Random
    present: int = 0
    refused: int = 0
    codes: Counter[int | None] = field(default_factory=Counter)
    away_for: list[float] = field(default_factory=list)
    came_at: Counter[int] = field(default_factory=Counter)
    is_in: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for place in range(self.count):
                tasks.create_task(self._sit(place / self.count))

    async def _sit(self, place: float) -> None:
        """One of them: a widget's life (static/js/shared/connection.js)."""
        await asyncio.sleep(place * self.count / 100)
        attempt, went_at = 0, None
        while True:
            code: int | None = None
            is_welcome = False
            try:
                async with self._connected() as connection:
                    await connection.send(json.dumps({"type": "hello", "token": None, "conversation": None, "last_seq": 0, "last_rev": 0}))  # fmt: skip
                    await asyncio.wait_for(connection.recv(), _WELCOME_WITHIN)
                    is_welcome = True
                    self._come(went_at)
                    await self._stay(connection)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else None
            except (OSError, WebSocketException, TimeoutError):
                pass
            if is_welcome:
                attempt, went_at = 0, time.monotonic()
                self.present -= 1
                self.codes[code] += 1
            else:
                self.refused += 1
            tries = max(attempt, _RESTART_ATTEMPT) if code == _RESTARTING else attempt
            attempt += 1
            await asyncio.sleep(self.chance.random() * min(_MOST, _BASE * 2**tries))

    def _connected(self) -> connect:
        return connect(
            self.chance.choice(self.urls),
            origin=self.origin,  # type: ignore[arg-type]  # a NewType of str
            proxy=None,
            ping_interval=None,
            open_timeout=_WELCOME_WITHIN,
        )

    def _come(self, went_at: float | None) -> None:
        self.present += 1
        if self.present == self.count:
            self.is_in.set()
        if went_at is not None:
            now = time.monotonic()
            self.away_for.append(now - went_at)
            self.came_at[int(now)] += 1

    async def _stay(self, connection: ClientConnection) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PING_EVERY):
                    while True:
                        await connection.recv()
            await connection.send('{"type":"ping"}')

    def lines(self) -> Iterator[str]:
        """What came of it."""
        ended = ", ".join(f"{code or 'without a code'}: {count}" for code, count in self.codes.most_common())
        yield f"{self.present} of {self.count} sockets that say nothing are there; closed by {ended or 'nobody'}"
        if away := sorted(self.away_for):
            yield (
                f"they were away for {away[len(away) // 2]:.1f} s (median), {away[-1]:.1f} s (longest); "
                f"{max(self.came_at.values())} came back in the busiest second; {self.refused} attempts failed"
            )
