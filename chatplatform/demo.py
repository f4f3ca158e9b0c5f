"""Demo mode stays on this machine: its passwords are public.

Loopback addresses alone do not show that; a tunnel or a proxy on this machine makes the world look local. Both
announce themselves. Proven by tests/chatplatform/test_demo.py.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase

from chatplatform.hosts import LOOPBACK_HOSTS, is_loopback

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


Scope = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]
_FORWARDED = frozenset(name.lower().encode() for name in FORWARDED)


def is_own_host(host: str, also: Iterable[str] = ()) -> bool:
    """Whether a Host header names this machine, or one of `also`; a page elsewhere whose name leads here does not."""
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, [*LOOPBACK_HOSTS, *also])


class LocalSocketsOnly:
    """The same for sockets, which Django's middleware never sees: 403 before the upgrade."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass on what comes from this machine."""
        if _is_local_socket(scope):
            await self.application(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close"})


class DemoGuardMiddleware:
    """With DEMO=1, refuses what came from or through another machine."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """403, or the rest of the chain's answer."""
        if settings.DEMO and not _is_local(request):
            return HttpResponse("Demo mode answers only this machine.\n", status=403, content_type="text/plain")
        return self.get_response(request)


def _is_local_socket(scope: Scope) -> bool:
    headers = scope.get("headers", ())
    if any(name in _FORWARDED for name, _ in headers):
        return False
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    if len(hosts) != 1 or not is_own_host(hosts[0], settings.ALLOWED_HOSTS):
        return False
    return is_loopback((scope.get("client") or ("",))[0])


def _is_local(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    if not is_own_host(request.META.get("HTTP_HOST", "") or request.META["SERVER_NAME"], settings.ALLOWED_HOSTS):
        return False
    return is_loopback(request.META.get("REMOTE_ADDR", ""))
