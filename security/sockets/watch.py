"""Reading from a client that may fall silent: deadlines by one timer per socket, re-armed only when it fires."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from security.sockets.codes import CloseCode

Message = dict[str, Any]


class Watchdog:
    """Ends a socket with SILENT when no `hello` came in time, or nothing at all for long.

    A frame costs one assignment. `read` is the one place where the socket's task waits for the client, and the only one
    that `stop_reading` interrupts: a handler at work is never cancelled by it.
    """

    __slots__ = ("_deadline", "_loop", "_on_silence", "_reader", "_silence", "_stopped", "_timer")

    def __init__(self, hello_within: float, silence: float, on_silence: Callable[[CloseCode], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._silence = silence
        self._on_silence = on_silence
        self._deadline = self._loop.time() + hello_within
        self._timer: asyncio.TimerHandle | None = self._loop.call_at(self._deadline, self._fire)
        self._reader: asyncio.Task[Any] | None = None
        self._stopped = False

    def heard(self, now: float) -> None:
        """A proper frame came."""
        self._deadline = now + self._silence
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._fire)

    async def read(self, receive: Callable[[], Awaitable[Message]]) -> Message | None:
        """The next event, or None once reading was stopped."""
        if self._stopped:
            return None
        self._reader = asyncio.current_task()
        try:
            return await receive()
        except asyncio.CancelledError:
            if self._was_stopped() and self._reader is not None and self._reader.uncancel() == 0:
                return None
            raise
        finally:
            self._reader = None

    def stop_reading(self) -> None:
        """Let a waiting `read` return None, and every later one."""
        if not self._stopped:
            self._stopped = True
            if self._reader is not None:
                self._reader.cancel()

    def _was_stopped(self) -> bool:
        """Asked again after waiting, when it may have changed."""
        return self._stopped

    def stop(self) -> None:
        """Disarm."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._fire)
        else:
            self._timer = None
            self._on_silence(CloseCode.SILENT)
