"""Whoever must change his password does that first, wherever he wanted to go: in a session that a password has opened.

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

from security.accounts.provided import bound_tenant
from security.models import User

_ALLOWED: Final = ("account_change_password", "account_logout", "account_reauthenticate")


class MustChangePasswordMiddleware:
    """After the middleware that knows who is signed in. VISITOR_PATHS know nobody but visitors, so they are nobody's to lose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._open = (*(reverse(name) for name in _ALLOWED), settings.STATIC_URL, *settings.VISITOR_PATHS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or lead to the change and from there back."""
        if owes_change(request) and not request.path_info.startswith(self._open):
            return led_to_change(request)
        return self.get_response(request)


def owes_change(request: HttpRequest) -> bool:
    """Whether this session waits for another password. One that a provider opened used none, and may not change any."""
    user = request.user
    return isinstance(user, User) and user.must_change_password and bound_tenant(request.session) is None


def led_to_change(request: HttpRequest) -> HttpResponse:
    """The way to the change and from there back; programs are told by a code."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"code": "password_change_required"}, status=403)
    where = reverse("account_change_password")
    if request.method in {"GET", "HEAD"}:
        where = f"{where}?{urlencode({'next': request.get_full_path()})}"
    return HttpResponse(status=303, headers={"Location": where})
