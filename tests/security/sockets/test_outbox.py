"""One bounded queue, one order, and nothing after a cut."""

import asyncio
from typing import Any

import pytest

from security.sockets.codes import CloseCode
from security.sockets.outbox import Outbox


class Client:
    """Reads only while told to; `gone` raises as a server does for a client that left."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.ended = asyncio.Event()
        self.gone: type[Exception] | None = None

    async def send(self, event: dict[str, Any]) -> None:
        if event["type"] == "websocket.send":
            await self.reading.wait()
        if self.gone is not None:
            raise self.gone
        self.sent.append(event)

    @property
    def texts(self) -> list[str]:
        return [event["text"] for event in self.sent if "text" in event]

    def outbox(self, max_frames: int = 10, max_bytes: int = 1_000) -> Outbox:
        return Outbox(self.send, max_frames=max_frames, max_bytes=max_bytes, on_end=self.ended.set)

    async def end(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            await self.ended.wait()
        return self.sent[-1]


async def test_frames_leave_in_the_order_in_which_they_came() -> None:
    client = Client()
    outbox = client.outbox(max_frames=100)
    for n in range(60):
        assert outbox.put(b"%d" % n)
        if n % 7 == 0:
            await asyncio.sleep(0)
    outbox.close(CloseCode.RESTARTING)
    assert await client.end() == {"type": "websocket.close", "code": 1012}
    assert client.texts == [str(n) for n in range(60)]
    assert not outbox.put(b"late")


async def test_what_the_server_does_not_take_at_once_is_sent_before_what_came_behind_it() -> None:
    client = Client()
    outbox = client.outbox()
    for n in range(9):
        (client.reading.clear if n % 3 == 1 else client.reading.set)()
        outbox.put(b"%d" % n)
        await asyncio.sleep(0)
    client.reading.set()
    outbox.close(CloseCode.RESTARTING)
    await client.end()
    assert client.texts == [str(n) for n in range(9)]


async def test_an_abandoned_outbox_sends_nothing_of_what_it_had_begun() -> None:
    client = Client()
    client.reading.clear()
    outbox = client.outbox()
    outbox.put(b"x")
    outbox.abandon()
    client.reading.set()
    await asyncio.sleep(0)
    assert client.sent == []


@pytest.mark.parametrize(("frames", "size"), [(12, 1), (4, 400)])
async def test_a_slow_reader_is_cut_with_4408_and_nothing_is_kept_for_it(frames: int, size: int) -> None:
    client = Client()
    client.reading.clear()
    outbox = client.outbox()
    outbox.put(b"first")
    await asyncio.sleep(0)
    results = [outbox.put(b"x" * size) for _ in range(frames)]
    assert results[0] is True
    assert results[-1] is False
    assert await client.end() == {"type": "websocket.close", "code": 4408}
    client.reading.set()
    await asyncio.sleep(0)
    assert client.texts == []


async def test_a_cut_is_stronger_than_a_close_under_way() -> None:
    client = Client()
    client.reading.clear()
    outbox = client.outbox()
    outbox.put(b"secret")
    outbox.close(CloseCode.RESTARTING)
    await asyncio.sleep(0)
    outbox.cut(CloseCode.SIGNED_OUT)
    assert await client.end() == {"type": "websocket.close", "code": 4401}
    assert client.texts == []


async def test_a_replay_waits_for_its_reader() -> None:
    client = Client()
    client.reading.clear()
    outbox = client.outbox()

    async def replay() -> list[bool]:
        return [await outbox.put_slowly(b"%d" % n, within=5) for n in range(50)]

    replaying = asyncio.create_task(replay())
    await asyncio.sleep(0.01)
    assert outbox.is_open
    client.reading.set()
    assert all(await replaying)
    outbox.close(CloseCode.RESTARTING)
    await client.end()
    assert client.texts == [str(n) for n in range(50)]


async def test_a_replay_to_somebody_who_does_not_read_is_cut() -> None:
    client = Client()
    client.reading.clear()
    outbox = client.outbox()
    results = [await outbox.put_slowly(b"%d" % n, within=0.01) for n in range(8)]
    assert results[-1] is False
    assert (await client.end())["code"] == 4408


@pytest.mark.parametrize("error", [OSError, RuntimeError, ConnectionResetError])
async def test_a_client_that_is_gone_ends_the_outbox(error: type[Exception]) -> None:
    client = Client()
    client.gone = error
    outbox = client.outbox()
    outbox.put(b"x")
    async with asyncio.timeout(5):
        await client.ended.wait()
    assert outbox.has_ended
    assert not outbox.put(b"y")


async def test_an_idle_outbox_has_no_task() -> None:
    client = Client()
    before = asyncio.all_tasks()
    outbox = client.outbox()
    outbox.put(b"x")
    assert client.texts == ["x"], "what the server takes at once needs none either"
    assert asyncio.all_tasks() == before
    client.reading.clear()
    outbox.put(b"y")
    outbox.abandon()
    await asyncio.sleep(0)
    assert client.texts == ["x"]
    assert not client.ended.is_set()


class Quick(Client):
    """Takes bytes at once as long as it reads."""

    def write(self, frame: bytes) -> bool:
        if self.reading.is_set():
            self.sent.append({"type": "websocket.send", "text": frame.decode()})
        return self.reading.is_set()

    def outbox(self, max_frames: int = 10, max_bytes: int = 1_000) -> Outbox:
        return Outbox(self.send, write=self.write, max_frames=max_frames, max_bytes=max_bytes, on_end=self.ended.set)


async def test_what_is_written_at_once_overtakes_nothing_that_is_queued() -> None:
    client = Quick()
    outbox = client.outbox(max_frames=100)
    for n in range(60):
        (client.reading.clear if n % 3 == 1 else client.reading.set)()
        assert outbox.put(b"%d" % n)
        if n % 7 == 0:
            await asyncio.sleep(0)
    client.reading.set()
    outbox.close(CloseCode.RESTARTING)
    await client.end()
    assert client.texts == [str(n) for n in range(60)]


async def test_after_a_cut_nothing_is_written_at_once_either() -> None:
    client = Quick()
    outbox = client.outbox()
    outbox.cut(CloseCode.FORBIDDEN)
    assert not outbox.put(b"late")
    await client.end()
    assert client.texts == []


async def test_a_frame_over_the_bound_is_not_written_at_once() -> None:
    client = Quick()
    outbox = client.outbox(max_bytes=10)
    assert not outbox.put(b"x" * 11)
    assert await client.end() == {"type": "websocket.close", "code": 4408}
    assert client.texts == []
