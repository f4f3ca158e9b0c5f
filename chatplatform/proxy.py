"""Whether a request came over TLS, said by a proxy in front of us – believed of configured proxies only –, and nothing but pages without it.

Django's SECURE_PROXY_SSL_HEADER believes everybody, and uvicorn's proxy headers rewrite the client's address, which is
security.net's to find. Proven by tests/chatplatform/test_proxy.py.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]

_HEADER = b"x-forwarded-proto"
_SECURE = {"http": "https", "websocket": "wss"}


class ForwardedScheme:
    """Sets the scheme of what a trusted proxy received over TLS."""

    def __init__(self, application: Application, trusted: Iterable[str]) -> None:
        self.application = application
        self.trusted = [ipaddress.ip_network(network) for network in trusted]

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass on, with the scheme that the client used."""
        if scope["type"] in _SECURE and self._came_over_tls(scope):
            scope = {**scope, "scheme": _SECURE[scope["type"]]}
        await self.application(scope, receive, send)

    def _came_over_tls(self, scope: Scope) -> bool:
        said = [value for name, value in scope.get("headers", ()) if name == _HEADER]
        return said == [b"https"] and self._is_trusted((scope.get("client") or ("",))[0])

    def _is_trusted(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self.trusted)


class SecureRequestsOnly:
    """Refuses whatever comes without TLS and is no page: a form or a token was read on the way by then, and a redirect would hide it."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """HTTP 403, and the connection ends with it."""
        if scope["type"] == "http" and scope.get("scheme") != "https" and not _is_page(scope):
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"Only over HTTPS.\n"})
            return
        await self.application(scope, receive, send)


def _is_page(scope: Scope) -> bool:
    return scope["method"] in {"GET", "HEAD"} and not scope["path"].startswith("/api/")


class SecureSocketsOnly:
    """Refuses sockets that did not come over TLS, before the upgrade: a page can be redirected, a socket would have said everything by then."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """HTTP 403, by the ASGI specification."""
        if scope["type"] == "websocket" and scope.get("scheme") != "wss":
            await receive()
            await send({"type": "websocket.close"})
            return
        await self.application(scope, receive, send)
