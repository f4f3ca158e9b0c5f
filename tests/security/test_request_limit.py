"""How many requests one client has open at once."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from security.net import networks
from security.request_limit import RequestLimit


class Waiting:
    """An application whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.limited = RequestLimit(self, limit=2, trusted=networks(("10.0.0.1/32",)))

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask(self, client: str, forwarded: str = "", kind: str = "http") -> int:
        statuses: list[int] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            if "status" in message:
                statuses.append(message["status"])

        headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
        async with asyncio.timeout(5):
            await self.limited({"type": kind, "client": (client, 1), "headers": headers}, None, send)
        return statuses[0]


async def test_one_too_many_is_refused_until_another_ends() -> None:
    app = Waiting()
    open_ = [asyncio.create_task(app.ask("192.0.2.1")) for _ in range(2)]
    await asyncio.sleep(0)
    assert await app.ask("192.0.2.1") == 429
    others = [asyncio.create_task(app.ask("192.0.2.2")), asyncio.create_task(app.ask("192.0.2.1", kind="websocket"))]
    app.go.set()
    assert await asyncio.gather(*open_, *others) == [200] * 4
    assert await app.ask("192.0.2.1") == 200


async def test_behind_a_trusted_proxy_clients_are_counted_apart() -> None:
    app = Waiting()
    names = ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"]
    open_ = [asyncio.create_task(app.ask("10.0.0.1", name)) for name in names]
    await asyncio.sleep(0)
    assert await app.ask("10.0.0.1", "192.0.2.1") == 429
    app.go.set()
    assert await asyncio.gather(*open_) == [200] * 4
