"""A body over the limit never reaches the application, nor does one that takes too long."""

import asyncio
import threading
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from security.body_limit import BodyLimit, Receive, Send

STALL = b"stall"
Sent = list[MutableMapping[str, Any]]


class Reader:
    """An application that reads the whole body and answers 200, as Django does."""

    def __init__(self) -> None:
        self.called = False
        self.read = b""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        self.called = True
        while scope["type"] == "http":
            message = await receive()
            self.read += message.get("body", b"")
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(
    chunks: list[bytes],
    headers: list[tuple[bytes, bytes]] | None = None,
    kind: str = "http",
    path: str = "/theme/",
    is_member: bool = False,
) -> tuple[Reader, Sent]:
    reader, sent, left = Reader(), [], list(chunks)

    async def receive() -> MutableMapping[str, Any]:
        if not left:
            await asyncio.Event().wait()  # says nothing more
        chunk = left.pop(0)
        if chunk == STALL:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def knows(scope: MutableMapping[str, Any]) -> bool:
        return is_member

    limited = BodyLimit(reader, limit=10, members_limit=20, seconds=0.05, paths=("/admin/",), is_member=knows)
    async with asyncio.timeout(5):
        await limited({"type": kind, "path": path, "headers": headers or []}, receive, send)
    return reader, sent


async def test_the_limit_itself_passes() -> None:
    reader, sent = await ask([b"12345", b"67890"], [(b"content-length", b"10")])
    assert reader.read == b"1234567890"
    assert sent[0]["status"] == 200


@pytest.mark.parametrize("length", [b"11", b"9" * 5_000])
async def test_an_announced_body_is_refused_unread(length: bytes) -> None:
    reader, sent = await ask([b"x"], [(b"content-length", length)])
    assert not reader.called
    assert [message.get("status") for message in sent] == [413, None]


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"3")], [(b"content-length", b"-1")]])
async def test_a_body_that_keeps_coming_is_refused_at_the_limit(headers: list[tuple[bytes, bytes]]) -> None:
    reader, sent = await ask([b"123456", b"123456", b"never read"], headers)
    assert reader.read == b"123456"
    assert [message.get("status") for message in sent] == [413, None]


@pytest.mark.parametrize("chunks", [[b"1" * 20], [b"1" * 12, b"2" * 8]])
@pytest.mark.parametrize("headers", [[], [(b"content-length", b"20")]])
async def test_a_member_may_send_more_where_it_is_needed(
    chunks: list[bytes], headers: list[tuple[bytes, bytes]]
) -> None:
    reader, _ = await ask(chunks, headers, path="/admin/x/", is_member=True)
    assert len(reader.read) == 20
    for path, is_member in (("/admin/x/", False), ("/theme/", True)):
        _, sent = await ask(chunks, headers, path=path, is_member=is_member)
        assert sent[0]["status"] == 413
    _, sent = await ask([b"1" * 21], path="/admin/x/", is_member=True)
    assert sent[0]["status"] == 413


@pytest.mark.parametrize("chunks", [[STALL], [b"1", b"2", STALL]])
async def test_a_body_that_does_not_end_is_given_up(chunks: list[bytes]) -> None:
    _, sent = await ask(chunks)
    assert sent[0]["status"] == 408


async def test_an_answer_may_take_longer_than_the_body() -> None:
    async def slow(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        gone = await receive()
        await send({"type": gone["type"]})

    messages: Iterator[MutableMapping[str, Any]] = iter(
        [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]
    )
    sent: Sent = []

    async def receive() -> MutableMapping[str, Any]:
        message = next(messages)
        if message["type"] == "http.disconnect":
            await asyncio.to_thread(threading.Event().wait, 0.1)  # past the deadline
        return message

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await BodyLimit(slow, seconds=0.05)({"type": "http", "path": "/", "headers": []}, receive, send)
    assert sent == [{"type": "http.disconnect"}]


async def test_sockets_pass_untouched() -> None:
    reader, _ = await ask([], [(b"content-length", b"11")], kind="websocket")
    assert reader.called
