"""The one timer of what is held: it wakes when the first of it is due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import datetime

from chat.live.writer.memory import Memory


class Releases:
    """Calls `settle` at the time; `stop` ends it, and what is held then stays masked."""

    def __init__(self, memory: Memory, clock: Callable[[], datetime], settle: Callable[[], Awaitable[None]]) -> None:
        self._memory, self._clock, self._settle = memory, clock, settle
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_stopped = False

    def arm(self) -> None:
        """Look again when the next is due."""
        due = self._memory.next_due()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None and not self._is_stopped:
            delay = max((due - self._clock()).total_seconds(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay, self._begin, context=Context())

    async def stop(self) -> None:
        """Release nothing more, and wait for what is being released."""
        self._is_stopped = True
        self.arm()
        if self._task is not None:
            await asyncio.wait({self._task})

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            # In a context of its own: nobody's message it is that waits for it.
            self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def _run(self) -> None:
        await self._settle()
