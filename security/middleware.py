"""HTTP middleware: who asks, from where, under which id; the access log; headers of every response.

Order in MIDDLEWARE: `RequestContextMiddleware` first of all, `SecurityHeadersMiddleware` and
`ContentSecurityPolicyMiddleware` next, `ActorMiddleware` right after `AuthenticationMiddleware`.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from security import revocation
from security.context import Actor, ActorKind, acting, current, new_request_id
from security.masking import mask_line
from security.net import client_ip_of_meta, networks

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid",
            "magnetometer", "microphone", "midi", "payment", "serial", "usb",
        )
    ),
}  # fmt: skip

_KEPT_HEADERS: Final = ("HTTP_USER_AGENT", "HTTP_ACCEPT")
"""What libraries store of a request as it came: who signs in, and from what."""
_LONGEST_HEADER: Final = 1_000

access = logging.getLogger("security.access")


class RequestContextMiddleware:
    """Opens the context of a request: a fresh id (never the client's) and the address; logs the route that answered."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._trusted = networks(tuple(getattr(settings, "TRUSTED_PROXIES", ())))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer within the context."""
        began = time.monotonic()
        for name in _KEPT_HEADERS:
            if name in request.META:
                request.META[name] = mask_line(request.META[name][:_LONGEST_HEADER])
        request_id = new_request_id()
        with acting(request_id=request_id, address=client_ip_of_meta(request.META, self._trusted)):
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            _log(request, response, time.monotonic() - began)
        return response


class ActorMiddleware:
    """Names the signed-in person and a digest of the session, and keeps his pages out of caches. Who knows role and tenant adds them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as the person who asks."""
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        kind = ActorKind.OPERATOR if getattr(user, "is_operator", False) else ActorKind.PERSON
        actor = Actor(kind, id=str(user.public_id), name=user.get_full_name(), user_id=user.pk)
        with acting(actor=actor, session=session_digest(request.session.session_key)):
            response = self.get_response(request)
        # Whoever uses this machine next must not find it in the browser's store; what says something itself is the same for everybody.
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class SecurityHeadersMiddleware:
    """Headers for every response; one that a view set itself stays."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the headers."""
        response = self.get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def session_digest(session_key: str | None) -> str | None:
    """What stands for a session in context, audit and revocations: the key itself would open it."""
    return None if session_key is None else revocation.session_digest(session_key)


def _log(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    # The route's name only: paths and queries hold site keys, tokens and what people searched for.
    match = request.resolver_match
    route = (match.view_name or "unnamed") if match else "none"
    access.info("%s %s %d %.1f ms %s", request.method, route, response.status_code, seconds * 1000, current().address)
