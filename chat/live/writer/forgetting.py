"""The timer that forgets: what is kept for two minutes only is gone after them, also where nobody writes any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from datetime import datetime
from typing import Final

from chat.live.writer.memory import Memory
from chat.live.writer.recent import RecentTails

EVERY: Final = 10.0
"""Seconds, while there is something to forget: what is kept may outlive its two minutes by as much."""


class Forgetting:
    """Looks while anything is kept, and sleeps for good once nothing is."""

    def __init__(self, memory: Memory, recent: RecentTails, clock: Callable[[], datetime], *, every: float) -> None:
        self._memory, self._recent, self._clock, self._every = memory, recent, clock, every
        self._timer: asyncio.TimerHandle | None = None

    def arm(self) -> None:
        """Look soon, if there is anything and no look is due already. In the event loop."""
        if self._timer is None and (len(self._memory) or len(self._recent)):
            self._timer = asyncio.get_running_loop().call_later(self._every, self._forget, context=Context())

    def stop(self) -> None:
        """Look no more: the process ends, and takes along what it remembers."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget(self) -> None:
        self._timer = None
        self._memory.forget_old()
        self._recent.forget_old(self._clock())
        self.arm()
