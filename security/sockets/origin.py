"""Who may open a socket at all: pages of our own origin, nobody else.

Danger: a browser sends the session cookie with a WebSocket from any page, and no same-origin policy stops that page
from reading. Rule: exactly one Origin header, equal to one of ours byte for byte, or HTTP 403 before the upgrade.
Proof: tests/security/sockets/test_origin.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_DEFAULT_PORTS = {"http": 80, "https": 443}


def own_origins(site_url: str, *, debug: bool) -> frozenset[bytes]:
    """The origin of `site_url`; with `debug` also 127.0.0.1 and localhost on its port."""
    parts = urlsplit(site_url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("SITE_URL must be an absolute http or https URL")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    hosts = [host, "127.0.0.1", "localhost"] if debug else [host]
    return frozenset(
        f"{parts.scheme}://{name}{suffix}".encode("idna" if name.isascii() is False else "ascii") for name in hosts
    )


class OriginGuard:
    """ASGI middleware in front of all WebSocket routes."""

    def __init__(self, app: App, allowed: frozenset[bytes]) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a socket from our own pages on; refuse every other one before the upgrade."""
        if scope["type"] != "websocket":
            raise RuntimeError("the origin guard stands in front of sockets only")
        origins = [value for name, value in scope["headers"] if name.lower() == b"origin"]
        if len(origins) == 1 and origins[0] in self.allowed:
            await self.app(scope, receive, send)
            return
        await receive()
        # A close before accept is HTTP 403, by the ASGI specification.
        await send({"type": "websocket.close"})
