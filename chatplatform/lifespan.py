"""The server's start and end, as far as the server tells of them (ASGI lifespan). uvicorn does, daphne does not, and nothing depends on it.

At the end sockets are closed with 1012, what was being stored is stored, and the agents of this process are known to have gone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from chat.live.runtime import stop_live

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def lifespan(_: dict[str, Any], receive: Receive, send: Send) -> None:
    """Acknowledge the start; clean up before acknowledging the end."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await stop_live()
            await send({"type": "lifespan.shutdown.complete"})
            return
