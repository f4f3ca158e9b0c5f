"""A body over the limit never reaches the application."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from security.body_limit import BodyLimit, Receive, Send

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
    chunks: list[bytes], headers: list[tuple[bytes, bytes]] | None = None, kind: str = "http"
) -> tuple[Reader, Sent]:
    reader, sent, left = Reader(), [], list(chunks)

    async def receive() -> MutableMapping[str, Any]:
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await BodyLimit(reader, limit=10)({"type": kind, "headers": headers or []}, receive, send)
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


async def test_sockets_pass_untouched() -> None:
    reader, _ = await ask([], kind="websocket")
    assert reader.called
