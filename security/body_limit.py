"""ASGI: a request body that is too large, or comes too slowly, is refused before Django reads it.

Danger: whoever may send much, or slowly, holds memory and connections without being anybody; and Django spools what is larger than
`FILE_UPLOAD_MAX_MEMORY_SIZE` to a file in clear before any middleware runs. Rule: strangers send 64 KiB, members 1 MiB to the few paths that
take it, everybody within one deadline; who is a member is asked of the database, and only for a body that needs it. Proof:
tests/security/test_body_limit.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

ANYBODYS_BODY: Final = 64 * 1024
MAX_BODY: Final = 1024 * 1024
SECONDS: Final = 20

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Refused(Exception):
    """Raised into the application while it reads; never leaves this module."""

    def __init__(self, status: int, sentence: bytes) -> None:
        self.status, self.sentence = status, sentence


_TOO_LARGE = (413, b"The request is too large.\n")
_TOO_SLOW = (408, b"The request took too long.\n")


async def nobody(_: Scope) -> bool:
    """Nobody is a member."""
    return False


class BodyLimit:
    """Wraps an ASGI application; other connection types pass as they are. `paths` are those where members may send more."""

    def __init__(
        self,
        application: Application,
        *,
        limit: int = ANYBODYS_BODY,
        members_limit: int = MAX_BODY,
        seconds: float = SECONDS,
        paths: tuple[str, ...] = (),
        is_member: Callable[[Scope], Awaitable[bool]] = nobody,
    ) -> None:
        self._application, self._seconds = application, seconds
        self._limit, self._members_limit = limit, members_limit
        self._paths, self._is_member = paths, is_member

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 to a body over the limit, announced or not, and 408 to one that is not there in time."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        counted = _Counted(receive, send, self._seconds, limit=self._limit, ask_limit=lambda: self._limit_of(scope))
        try:
            await counted.announce(_announced(scope))
            await self._application(scope, counted.receive, counted.send)
        except _Refused as refused:
            if not counted.answered:
                await _answer(send, refused)

    async def _limit_of(self, scope: Scope) -> int:
        may_be_more = scope["path"].startswith(self._paths) if self._paths else False
        return self._members_limit if may_be_more and await self._is_member(scope) else self._limit


class _Counted:
    def __init__(
        self, receive: Receive, send: Send, seconds: float, *, limit: int, ask_limit: Callable[[], Awaitable[int]]
    ) -> None:
        self._receive, self._send, self._ask_limit = receive, send, ask_limit
        self._limit, self._read, self._is_asked = limit, 0, False
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._is_complete = self.answered = False

    async def announce(self, length: int) -> None:
        """Refuse a length over the limit; what is not known yet, the limit of a member, is asked only then."""
        if length > self._limit and not self._is_asked:
            self._limit, self._is_asked = await self._ask_limit(), True
        if length > self._limit:
            raise _Refused(*_TOO_LARGE)

    async def receive(self) -> Message:
        if self._is_complete:  # from here on the application only waits for the client to go away
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise _Refused(*_TOO_SLOW) from None
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            await self.announce(self._read)
            self._is_complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        await self._send(message)


def _announced(scope: Scope) -> int:
    """The announced length; a value that is no number is not believed, the count of what comes is."""
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def _answer(send: Send, refused: _Refused) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": refused.sentence})
