"""ASGI: a request body over the limit is refused before Django reads it.

Django spools what is larger than `FILE_UPLOAD_MAX_MEMORY_SIZE` to a file in clear before any middleware runs, so the
limit has to stand in front of it, for bodies without a Content-Length too. Proof: tests/security/test_body_limit.py.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

MAX_BODY: Final = 11 * 1024 * 1024

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class _TooLarge(Exception):
    """Raised into the application while it reads; never leaves this module."""


class BodyLimit:
    """Wraps an ASGI application; other connection types pass as they are."""

    def __init__(self, application: Application, limit: int = MAX_BODY) -> None:
        self._application = application
        self._limit = limit

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer 413 to a body over the limit, whether it is announced or just keeps coming."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if _announced(scope) > self._limit:
            await _refuse(send)
            return
        counted = _Counted(receive, send, self._limit)
        try:
            await self._application(scope, counted.receive, counted.send)
        except _TooLarge:
            if not counted.answered:
                await _refuse(send)


class _Counted:
    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive, self._send, self._left = receive, send, limit
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        await self._send(message)


def _announced(scope: MutableMapping[str, Any]) -> int:
    """The announced length; a value that is no number is not believed, the count of what comes is."""
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"The request is too large.\n"})
