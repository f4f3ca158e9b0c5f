"""Who is counted, and what a locked-out person is told: the callables that django-axes and allauth's limits ask.

Danger: with sign-in by e-mail axes finds no user name, so everybody behind one address would share one lock; and people type passwords into the
name field, so a stored name may be a password. Rule: names are counted, and stored, as a keyed digest of their one spelling; no form data is
kept. Proof: tests/security/accounts/test_lockout.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac

from security.models import normalize_email
from security.net import client_ip_of_meta, networks

_LONGEST_NAME = 254
_NAME_FIELDS = ("email", "username", "login")


def name_digest(name: str) -> str:
    """What stands for a name in counters: the same for each way of writing it, and of no use without SECRET_KEY."""
    return salted_hmac(
        "security.accounts.lockout", normalize_email(name[:_LONGEST_NAME]), algorithm="sha256"
    ).hexdigest()


def username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The counted name of an attempt, from its credentials or else its form; never None, which axes would count as everybody."""
    given = credentials or {}
    for field in _NAME_FIELDS:
        if given.get(field):
            return name_digest(str(given[field]))
    return name_digest(request.POST.get("login") or request.POST.get("username") or "")


def address(request: HttpRequest) -> str | None:
    """The client's address, as far as configured proxies vouch for it."""
    return client_ip_of_meta(request.META, networks(tuple(settings.TRUSTED_PROXIES)))


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """The page for whoever is locked out: the same whether or not the account exists."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    response = render(request, "account/locked_out.html", {"minutes": seconds // 60}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def unlock(email: str) -> int:
    """Forget the failures counted for an address, from wherever they came; how many counters there were."""
    return int(reset(username=name_digest(email)))


def forget_form_data(instance: AccessAttempt, **_: object) -> None:
    """Before an attempt is saved: nothing of what was typed stays in it, nor an address, which may be a secret link."""
    instance.get_data = instance.post_data = instance.path_info = ""
