"""One WebSocket of the load client: a dialogue while it is set up, then frames as they come, as raw bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

PATIENCE = 20.0
_SOCKETIO_PING, _SOCKETIO_PONG = b"2", b"3"
Hear = Callable[[bytes], object]


class Closed(RuntimeError):
    """The server ended the connection, with this code."""


class Wire(WSListener):
    """`hear` gets each text frame; until one is set they are kept for `expect`."""

    transport: WSTransport

    def __init__(self) -> None:
        self.hear: Hear = self._keep
        self._kept: asyncio.Queue[bytes | None] = asyncio.Queue()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.TEXT:
            payload = frame.get_payload_as_bytes()
            if payload == _SOCKETIO_PING:
                self.send(_SOCKETIO_PONG)
            else:
                self.hear(payload)
        elif frame.msg_type is WSMsgType.CLOSE:
            self._kept.put_nowait(None)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002
        self._kept.put_nowait(None)

    def send(self, frame: bytes) -> None:
        self.transport.send(WSMsgType.TEXT, frame)

    def say(self, **fields: Any) -> None:
        self.send(orjson.dumps(fields))

    async def receive(self) -> bytes:
        """The next frame that nobody has taken."""
        async with asyncio.timeout(PATIENCE):
            frame = await self._kept.get()
        if frame is None:
            raise Closed(str(self.transport.close_handshake))
        return frame

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; others are passed over, but an error is one."""
        while True:
            frame: dict[str, Any] = orjson.loads(await self.receive())
            if frame["type"] == kind:
                return frame
            if frame["type"] == "error":
                raise Closed(f"{kind} was expected: {frame}")

    def close(self) -> None:
        self.transport.disconnect()

    def _keep(self, frame: bytes) -> None:
        self._kept.put_nowait(frame)


async def dial(port: int, path: str, headers: Mapping[str, str] | None = None) -> Wire:
    """A connection on which nothing was said; deflate is offered, as browsers do."""
    offered = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits", **(headers or {})}
    _, wire = await ws_connect(
        Wire,
        f"ws://127.0.0.1:{port}{path}",
        extra_headers=offered,
        websocket_handshake_timeout=PATIENCE,
    )
    assert isinstance(wire, Wire)  # noqa: S101
    return wire
