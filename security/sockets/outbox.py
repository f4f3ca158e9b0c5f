"""What a socket still has to send: one bounded queue, one sender, hence one order.

Danger: a reader that stalls would make the process hold all that it misses, and two senders could let a revision
overtake its message. Rule: everything goes through `put`, a queue over its bound is cut with SLOW_READER (the client
resumes from the database), and after `cut` nothing more is sent. Proof: tests/security/sockets/test_outbox.py.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from security.sockets.codes import CloseCode
from security.sockets.fresh import Begun

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
Write = Callable[[bytes], bool]
WRITE_TEXT: Final = "chatplatform.write_text"
"""The extension (ASGI scope) of a server that takes a text frame as bytes, at once: a `Write`, False where it has to be sent as usual."""
CLOSE_WITHIN = 5.0


class Outbox:
    """Frames on their way to one client.

    What the server takes at once is sent by `put` itself. A sender task exists only while something is queued behind a frame that the server does not
    take, or a close is to be sent: an idle socket costs none, and neither does a frame. `on_end` is called once, when the close was sent or the client
    was found to be gone.
    """

    __slots__ = (
        "_bytes",
        "_code",
        "_ended",
        "_max_bytes",
        "_max_frames",
        "_on_end",
        "_queue",
        "_send",
        "_space",
        "_task",
        "_write",
    )

    def __init__(
        self, send: Send, *, max_frames: int, max_bytes: int, on_end: Callable[[], None], write: Write | None = None
    ) -> None:
        self._send = send
        self._write = write
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._on_end = on_end
        self._queue: deque[bytes] | None = None
        self._bytes = 0
        self._code: CloseCode | None = None
        self._ended = False
        self._task: asyncio.Task[None] | None = None
        self._space: asyncio.Event | None = None

    @property
    def is_open(self) -> bool:
        """Whether frames are still taken."""
        return self._code is None and not self._ended

    @property
    def has_ended(self) -> bool:
        """Whether the close was sent, or nobody is there to send it to."""
        return self._ended

    def put(self, frame: bytes) -> bool:
        """Queue one text frame, never waiting; False where the socket is closing. Over the bound the socket is cut."""
        if not self.is_open:
            return False
        # Without a task nothing is queued that this frame could overtake.
        if self._task is None and self._write is not None and len(frame) <= self._max_bytes and self._write(frame):
            return True
        if self._queue is None:
            self._queue = deque()
        if len(self._queue) >= self._max_frames or self._bytes + len(frame) > self._max_bytes:
            self.cut(CloseCode.SLOW_READER)
            return False
        self._queue.append(frame)
        self._bytes += len(frame)
        if self._task is None:
            self._send_now()
        return True

    async def put_slowly(self, frame: bytes, *, within: float) -> bool:
        """Queue one of many frames, waiting while the queue is half full.

        No progress `within` seconds cuts the socket.
        """
        while self.is_open and (self._queued >= self._max_frames // 2 or self._bytes >= self._max_bytes // 2):
            self._space = self._space or asyncio.Event()
            self._space.clear()
            try:
                await asyncio.wait_for(self._space.wait(), within)
            except TimeoutError:
                self.cut(CloseCode.SLOW_READER)
        return self.put(frame)

    def close(self, code: CloseCode) -> None:
        """Take nothing more, send what is queued, then close. The first code stands."""
        if self.is_open:
            self._code = code
            self._wake()

    def cut(self, code: CloseCode) -> None:
        """Close now; nothing of what is queued is sent any more. Stronger than a `close` before it."""
        if self._ended:
            return
        self._code = code
        self._discard()
        if self._task is not None:
            # It may hang in a send to a reader that does not read.
            self._task.cancel()
            self._task = None
        self._wake()

    def abandon(self) -> None:
        """The client is gone: there is nobody to send to."""
        self._discard()
        self._ended = True
        if self._task is not None:
            self._task.cancel()
            self._task = None

    @property
    def _queued(self) -> int:
        return len(self._queue) if self._queue else 0

    def _discard(self) -> None:
        self._queue = None
        self._bytes = 0
        self._tell_space()

    def _tell_space(self) -> None:
        if self._space is not None:
            self._space.set()

    def _wake(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def _send_now(self) -> None:
        """Send the one frame that is queued, without a task if the server takes it at once, as it does from all but slow readers."""
        sending = self._next()
        try:
            waited = sending.send(None)
        except StopIteration:
            return
        except (OSError, RuntimeError):
            self._end()
            return
        self._task = asyncio.create_task(self._run(Begun(sending, waited)))

    def _next(self) -> Coroutine[Any, Any, None]:
        frame = self._queue.popleft() if self._queue else b""
        self._bytes -= len(frame)
        return self._send({"type": "websocket.send", "text": frame.decode()})

    async def _run(self, begun: Awaitable[None] | None = None) -> None:
        """Send until the queue is empty, then the close if one is due; first what was begun."""
        this = asyncio.current_task()
        try:
            if begun is not None:
                await begun
                self._tell_space()
            while self._queue:
                await self._next()
                self._tell_space()
            if self._code is not None and not self._ended:
                await self._close(self._code)
                self._end()
        except (OSError, RuntimeError):
            # Servers tell in one of these two ways that the client has gone; a TimeoutError is an OSError.
            self._end()
        finally:
            if self._task is this:
                self._task = None

    async def _close(self, code: CloseCode) -> None:
        try:
            await asyncio.wait_for(self._send({"type": "websocket.close", "code": int(code)}), CLOSE_WITHIN)
        except (OSError, RuntimeError):
            raise
        except Exception:  # noqa: BLE001 - daphne's library lets applications send 1000 and 3000 to 4999 only, and raises just that
            await asyncio.wait_for(self._send({"type": "websocket.close"}), CLOSE_WITHIN)

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._discard()
            self._on_end()
