"""Whether the person has shown who he is only a moment ago: asked before what cannot be taken back.

Danger: whoever sits down at somebody else's open session exports, gives himself rights and locks the owner out. Rule: such acts need a sign-in or
a password, code or passkey given again within five minutes, whatever the session has done meanwhile. Proof: tests/tenants/admin/test_asked_again.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from security.accounts import provided
from security.accounts.allauth_internal import get_authentication_records

SIGNED_IN_KEY: Final = "signed_in_at"
"""In the session: when the whole sign-in was done, in seconds since 1970."""


def note_sign_in(request: HttpRequest, now: datetime) -> None:
    """A whole sign-in, with the second factor where there is one; by a provider, it is as old as what the person showed there."""
    is_provided = provided.bound_tenant(request.session) is not None
    at = min(now.timestamp(), provided.shown_at(request.session)) if is_provided else now.timestamp()
    request.session[SIGNED_IN_KEY] = at


def is_fresh(request: HttpRequest, now: datetime) -> bool:
    """Whether that, or being asked again, is not long ago."""
    again = [one["at"] for one in get_authentication_records(request, request.user) if one.get("reauthenticated")]
    last: float = max([request.session.get(SIGNED_IN_KEY, 0.0), *again])
    return now.timestamp() - last < timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT).total_seconds()


def led_to_password(request: HttpRequest) -> HttpResponse:
    """The way to being asked again and from there back, to the page, not to what was sent; programs are told by a code."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"code": "reauthentication_required"}, status=403)
    again = "account_reauthenticate" if provided.bound_tenant(request.session) is None else "provider_again"
    where = f"{reverse(again)}?{urlencode({'next': request.get_full_path()})}"
    return HttpResponse(status=303, headers={"Location": where})
