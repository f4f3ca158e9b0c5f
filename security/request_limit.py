"""ASGI: how many HTTP requests one client may have open at once, counted by each process.

Behind a trusted proxy the client is the one that the proxy names. Proof: tests/security/test_request_limit.py.
"""

from collections import Counter

from security.body_limit import Application, Receive, Scope, Send
from security.net import Networks, client_ip_of_scope

_HEADERS = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"), (b"retry-after", b"1")]


class RequestLimit:
    """Wraps an ASGI application; sockets pass as they are, who has no address is not counted."""

    def __init__(self, application: Application, *, limit: int, trusted: Networks) -> None:
        self._application, self._limit, self._trusted = application, limit, trusted
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 429 to one request too many."""
        address = client_ip_of_scope(scope, self._trusted) if scope["type"] == "http" else None
        if address is None:
            await self._application(scope, receive, send)
            return
        if self._open[address] >= self._limit:
            await send({"type": "http.response.start", "status": 429, "headers": _HEADERS})
            await send({"type": "http.response.body", "body": b"Too many requests at once.\n"})
            return
        self._open[address] += 1
        try:
            await self._application(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
