"""Demo mode stays on this machine: its passwords are public.

Loopback addresses alone do not show that; a tunnel or a proxy on this machine makes the world look local. Both
announce themselves. Proven by tests/chatplatform/test_demo.py.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from chatplatform.deployment import is_loopback

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


class DemoGuardMiddleware:
    """With DEMO=1, refuses what came from or through another machine."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """403, or the rest of the chain's answer."""
        if settings.DEMO and not _is_local(request):
            return HttpResponse("Demo mode answers only this machine.\n", status=403, content_type="text/plain")
        return self.get_response(request)


def _is_local(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    return is_loopback(request.META.get("REMOTE_ADDR", ""))
