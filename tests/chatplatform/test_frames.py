"""The short way of a text frame writes what the long one does, and is not taken where that would do something else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from chatplatform.frames import FrameProtocol, head_of

UPGRADE = (
    b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def accepted() -> tuple[FrameProtocol, Wire]:
    """A socket after its upgrade."""
    ready = asyncio.Event()

    async def application(_: Any, __: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        ready.set()
        await asyncio.Event().wait()

    config = Config(application, ws=FrameProtocol, ws_per_message_deflate=False, ws_ping_interval=None, log_config=None)
    protocol, wire = FrameProtocol(config, ServerState(), {}), Wire()
    protocol.connection_made(wire)
    protocol.data_received(UPGRADE)
    await ready.wait()
    wire.written.clear()
    return protocol, wire


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_its_head_is_that_of_the_library(size: int) -> None:
    data = b"x" * size
    assert head_of(size) + data == Frame(Opcode.TEXT, data).serialize(mask=False)


async def test_a_text_is_written_as_one_frame() -> None:
    protocol, wire = await accepted()
    await protocol.send({"type": "websocket.send", "text": "Grüße 🎉"})
    assert wire.written == [Frame(Opcode.TEXT, "Grüße 🎉".encode()).serialize(mask=False)]


async def test_nothing_is_written_after_the_close() -> None:
    protocol, wire = await accepted()
    await protocol.send({"type": "websocket.close", "code": 4401})
    wire.written.clear()
    with pytest.raises(RuntimeError):
        await protocol.send({"type": "websocket.send", "text": "late"})
    assert wire.written == []


async def test_to_a_client_that_is_gone_nothing_is_written() -> None:
    protocol, wire = await accepted()
    protocol.connection_lost(None)
    with pytest.raises(ClientDisconnected):
        await protocol.send({"type": "websocket.send", "text": "late"})
    assert wire.written == []


async def test_a_reader_that_does_not_keep_up_is_waited_for() -> None:
    protocol, wire = await accepted()
    protocol.pause_writing()
    sending = asyncio.ensure_future(protocol.send({"type": "websocket.send", "text": "x"}))
    await asyncio.sleep(0)
    assert wire.written == []
    protocol.resume_writing()
    await sending
    assert wire.written == [b"\x81\x01x"]
