"""Whoever must change his password does that first, wherever he wanted to go.

Danger: a password that somebody else may know goes on opening pages. Rule: one look for all of HTTP; sockets look for themselves when they are
opened. Proof: tests/security/accounts/test_must_change.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse

from security.models import User

_ALLOWED: Final = ("account_change_password", "account_logout", "account_reauthenticate")


class MustChangePasswordMiddleware:
    """After the middleware that knows who is signed in. VISITOR_PATHS know nobody but visitors, so they are nobody's to lose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._open = (*(reverse(name) for name in _ALLOWED), settings.STATIC_URL, *settings.VISITOR_PATHS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or lead to the change and from there back."""
        user = request.user
        if not isinstance(user, User) or not user.must_change_password or request.path_info.startswith(self._open):
            return self.get_response(request)
        return led_to_change(request)


def led_to_change(request: HttpRequest) -> HttpResponse:
    """The way to the change and from there back; programs are told by a code."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"code": "password_change_required"}, status=403)
    where = reverse("account_change_password")
    if request.method in {"GET", "HEAD"}:
        where = f"{where}?{urlencode({'next': request.get_full_path()})}"
    return HttpResponse(status=303, headers={"Location": where})
