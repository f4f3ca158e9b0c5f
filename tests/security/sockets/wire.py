"""One WebSocket as an ASGI application sees it, with a reader that can be made to stall."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Event = dict[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]


class Wire:
    """A client's end: what it sends is received by the application, what the application sends is in `sent`."""

    def __init__(self, app: App, **scope: Any) -> None:
        self.scope = {"type": "websocket", "path": "/", "headers": [], "client": ("192.0.2.7", 5000), **scope}
        self.sent: list[Event] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.changed = asyncio.Condition()
        self._incoming: asyncio.Queue[Event] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.ensure_future(app(self.scope, self._receive, self._send))

    async def _receive(self) -> Event:
        return await self._incoming.get()

    async def _send(self, event: Event) -> None:
        if event["type"] != "websocket.accept":
            await self.reading.wait()
        self.sent.append(event)
        async with self.changed:
            self.changed.notify_all()

    def say(self, text: str) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "text": text})

    def say_bytes(self, data: bytes) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "bytes": data})

    def hang_up(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})

    @property
    def texts(self) -> list[str]:
        return [event["text"] for event in self.sent if event["type"] == "websocket.send"]

    @property
    def closed_with(self) -> int | None:
        return next((event.get("code", 1000) for event in self.sent if event["type"] == "websocket.close"), None)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the application sends to fulfil `condition`."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(condition)

    async def heard(self, count: int) -> list[str]:
        await self.until(lambda: len(self.texts) >= count)
        return self.texts

    async def ended(self) -> int | None:
        """The close code, once the application has ended by itself."""
        async with asyncio.timeout(5):
            await self.task
        return self.closed_with

    async def leave(self) -> None:
        self.hang_up()
        async with asyncio.timeout(5):
            await self.task
