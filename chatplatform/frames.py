"""uvicorn's WebSocket protocol, with a short way for what is sent most: one text frame, which is its head and its bytes.

A message is delivered to several sockets, and `websockets` builds objects for each frame that it sends. Everything else, all that is received included,
goes its usual way. Proof: tests/chatplatform/test_frames.py.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

_TEXT: Final = 0x81  # the only frame of its message, text
_SHORT, _LONG = 126, 65_536
_HEAD_SHORT: Final = Struct("!BB").pack
_HEAD: Final = Struct("!BBH").pack
_HEAD_LONG: Final = Struct("!BBQ").pack


class FrameProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=…)`. A server's frames have no mask, and without extensions nothing is done to their bytes."""

    async def send(self, message: Any) -> None:
        """As uvicorn's; a text frame of an open socket whose reader keeps up is written at once."""
        text = message.get("text")
        if text is None or not self._is_simple() or not self.writable.is_set():
            await super().send(message)
            return
        data = text.encode()
        self.transport.write(head_of(len(data)) + data)

    def _is_simple(self) -> bool:
        conn = self.conn
        return not (self.disconnected or conn.extensions) and conn.state is OPEN


def head_of(size: int) -> bytes:
    """The head of an unmasked text frame of `size` bytes (RFC 6455, 5.2)."""
    if size < _SHORT:
        return _HEAD_SHORT(_TEXT, size)
    return _HEAD(_TEXT, 126, size) if size < _LONG else _HEAD_LONG(_TEXT, 127, size)
