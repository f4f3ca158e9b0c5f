"""uvicorn's WebSocket protocol, with a short way for what is sent most: one text frame, which is its head and its bytes.

A message is delivered to several sockets, and `websockets` builds objects for each frame that it sends. Reading is not switched off for each small
frame, and on again when it was taken.

Danger: fragments and control frames (`ping`, `pong`) never become a message, so nothing that counts messages sees them; by the thousand in one piece
they hold the event loop, and as many messages taken apart at once fill the memory. Rule: they are counted here, what came at once is read piece by
piece, no further than somebody takes it, and who sends too many is closed. Proof: tests/chatplatform/test_frames.py.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import OPEN

from security.sockets.codes import CloseCode
from security.sockets.outbox import WRITE_TEXT

_TEXT: Final = 0x81  # the only frame of its message, text
_SHORT, _LONG = 126, 65_536
_UNSEEN_MOST: Final = 200
"""Fragments and control frames of one socket in `_UNSEEN_WITHIN` seconds; browsers send none."""
_UNSEEN_WITHIN: Final = 10.0
_PIECE: Final = 4_096
"""Bytes that are taken apart before they are counted: some 700 of the smallest frames."""
_READ_AHEAD: Final = 8
_SMALL: Final = 4_096
"""Bytes. So many frames of at most so much may wait for the application before nothing more is read."""
_HEAD_SHORT: Final = Struct("!BB").pack
_HEAD: Final = Struct("!BBH").pack
_HEAD_LONG: Final = Struct("!BBQ").pack


class FrameProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=…)`. A server's frames have no mask, and without extensions nothing is done to their bytes."""

    _rest = b""
    _unseen = 0
    _unseen_since = 0.0

    def data_received(self, data: bytes) -> None:
        """As uvicorn's, piece by piece: so that it can be stopped, and the rest waits as bytes while a message waits to be taken."""
        if self._rest:
            self._rest += data
        elif len(data) <= _PIECE:
            super().data_received(data)
        else:
            self._rest = data
            self._go_on()

    async def receive(self) -> Any:
        """As uvicorn's; what has waited for it is read next."""
        message = await super().receive()
        if self._rest:
            self._go_on()
        return message

    def _go_on(self) -> None:
        while self._rest and not (self.read_paused or self.transport.is_closing()):
            piece, self._rest = self._rest[:_PIECE], self._rest[_PIECE:]
            super().data_received(piece)

    def handle_cont(self, event: Frame) -> None:
        """A further fragment of a message."""
        if self._may_go_on():
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answered, so many times."""
        if self._may_go_on():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """Nobody asked for it."""
        if self._may_go_on():
            super().handle_pong(event)

    def _may_go_on(self) -> bool:
        now = self.loop.time()
        if now - self._unseen_since > _UNSEEN_WITHIN:
            self._unseen_since, self._unseen = now, 0
        self._unseen += 1
        if self._unseen <= _UNSEEN_MOST:
            return True
        if self.conn.state is OPEN and not self.transport.is_closing():
            self.frames = []
            self.conn.send_close(int(CloseCode.TOO_MANY))
            self.handle_parser_exception()  # tells the application, sends what is due and closes
        return False

    async def run_asgi(self) -> None:
        """As uvicorn's; the application may hand over text as bytes, which it has anyway."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[WRITE_TEXT] = self.write_text
        await super().run_asgi()

    def write_text(self, data: bytes) -> bool:
        """Write a text frame at once; False where it has to be sent."""
        if not self._is_simple() or not self.writable.is_set():
            return False
        self.transport.write(head_of(len(data)) + data)
        return True

    def send_receive_event_to_app(self) -> None:
        """As uvicorn's, which stops reading at every frame until the application has taken it."""
        is_light = not self.read_paused and self.queue.qsize() < _READ_AHEAD and sum(map(len, self.frames)) <= _SMALL
        if is_light:
            self.read_paused = True  # so it is not done there
        super().send_receive_event_to_app()
        if is_light:
            self.read_paused = False

    async def send(self, message: Any) -> None:
        """As uvicorn's; a text frame of an open socket whose reader keeps up is written at once."""
        text = message.get("text")
        if text is None or not self.write_text(text.encode()):
            await super().send(message)

    def _is_simple(self) -> bool:
        conn = self.conn
        return not (self.disconnected or conn.extensions) and conn.state is OPEN


def head_of(size: int) -> bytes:
    """The head of an unmasked text frame of `size` bytes (RFC 6455, 5.2)."""
    if size < _SHORT:
        return _HEAD_SHORT(_TEXT, size)
    return _HEAD(_TEXT, 126, size) if size < _LONG else _HEAD_LONG(_TEXT, 127, size)
