"""The short way of a text frame writes what the long one does, and is not taken where that would do something else."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from chatplatform.frames import FrameProtocol, head_of
from security.sockets.outbox import WRITE_TEXT

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
        self.is_read = True

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.is_closed

    @property
    def is_open(self) -> bool:
        return not self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


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


def control(opcode: Opcode, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """A client's frame."""
    return Frame(opcode, payload, fin=fin).serialize(mask=True)


@pytest.mark.parametrize(
    ("begin", "frame"),
    [
        (b"", control(Opcode.PING)),
        (b"", control(Opcode.PONG)),
        (control(Opcode.TEXT, b"{", fin=False), control(Opcode.CONT, fin=False)),
        (control(Opcode.TEXT, b"{", fin=False), control(Opcode.CONT, b" ", fin=False)),
    ],
    ids=["ping", "pong", "fragments of nothing", "fragments of a byte"],
)
async def test_who_sends_thousands_of_what_is_no_message_is_closed(begin: bytes, frame: bytes) -> None:
    protocol, wire = await accepted()
    protocol.data_received(begin)
    for _ in range(200):
        protocol.data_received(frame)
    assert wire.is_open, "Some are in order"
    protocol.data_received(frame * 50_000)
    assert wire.is_closing()
    assert wire.written[-1].endswith(Frame(Opcode.CLOSE, (4429).to_bytes(2, "big")).serialize(mask=False))
    assert len(wire.written) <= 201, "Nothing behind it is answered"
    assert protocol._unseen < 200 + 1_000, "Nor read"
    assert protocol.frames == []


async def test_what_is_no_message_is_counted_anew_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol, wire = await accepted()
    protocol.data_received(control(Opcode.PING) * 200)
    now = protocol.loop.time()
    monkeypatch.setattr(protocol, "loop", SimpleNamespace(time=lambda: now + 10.5))
    protocol.data_received(control(Opcode.PING) * 200)
    assert len(wire.written) == 400
    assert wire.is_open


async def test_a_message_in_pieces_is_one_message() -> None:
    protocol, _ = await accepted()
    text = control(Opcode.TEXT, b"x" * 30_000, fin=False) + control(Opcode.CONT, b"y" * 30_000)
    protocol.data_received(text)
    assert protocol.queue.get_nowait()["type"] == "websocket.connect"
    assert protocol.queue.get_nowait() == {"type": "websocket.receive", "text": "x" * 30_000 + "y" * 30_000}


async def test_no_more_is_taken_apart_than_somebody_takes() -> None:
    protocol, _ = await accepted()
    assert (await protocol.receive())["type"] == "websocket.connect"
    protocol.data_received(control(Opcode.TEXT, b"ping") * 20_000)
    assert protocol.queue.qsize() < 500, "The rest waits as it came"
    protocol.data_received(control(Opcode.TEXT, b"the last"))
    for _ in range(20_000):
        assert await protocol.receive() == {"type": "websocket.receive", "text": "ping"}
        assert protocol.queue.qsize() < 500
    assert await protocol.receive() == {"type": "websocket.receive", "text": "the last"}


def received(size: int) -> bytes:
    """A frame as a client sends it."""
    return Frame(Opcode.TEXT, b"x" * size).serialize(mask=True)


async def test_the_application_may_write_text_as_bytes() -> None:
    protocol, wire = await accepted()
    write = protocol.scope["extensions"][WRITE_TEXT]
    assert write("Grüße 🎉".encode())  # type: ignore[operator]  # the types of ASGI know no such extension
    assert wire.written == [Frame(Opcode.TEXT, "Grüße 🎉".encode()).serialize(mask=False)]


@pytest.mark.parametrize("state", ["slow", "closing", "gone"])
async def test_what_cannot_be_written_at_once_is_left_to_be_sent(state: str) -> None:
    protocol, wire = await accepted()
    if state == "slow":
        protocol.pause_writing()
    elif state == "closing":
        await protocol.send({"type": "websocket.close", "code": 4401})
    else:
        protocol.connection_lost(None)
    wire.written.clear()
    assert not protocol.write_text(b"late")
    assert wire.written == []


async def test_some_small_frames_may_wait_for_the_application_and_then_nothing_is_read() -> None:
    protocol, wire = await accepted()
    assert (await protocol.receive())["type"] == "websocket.connect"
    was_read = []
    for _ in range(9):
        protocol.data_received(received(10))
        was_read.append(wire.is_read)
    assert was_read == [True] * 8 + [False]
    was_read.clear()
    for _ in range(9):
        await protocol.receive()
        was_read.append(wire.is_read)
    assert was_read == [False] * 8 + [True]


async def test_one_frame_that_is_not_small_is_enough() -> None:
    protocol, wire = await accepted()
    protocol.data_received(received(5_000))
    assert not wire.is_read
