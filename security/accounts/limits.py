"""How often something may be asked for, counted in Valkey by allauth's limiter; the rates stand in ACCOUNT_RATE_LIMITS."""

from __future__ import annotations

from typing import Final

from allauth.account import app_settings
from django.http import HttpRequest

from security.accounts.allauth_internal import ratelimit

_ACTIONS: Final = {
    "account_change_password": "change_password",
    "account_email": "manage_email",
    "account_login": "login",
    "account_reauthenticate": "reauthenticate",
    "account_reset_password": "reset_password",
    "account_reset_password_from_key": "reset_password_from_key",
    "account_set_password": "change_password",
}
"""What allauth's own pages count by, by the name of their address."""
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST: Final = 3600
"""Seconds that no rate of ours is longer than."""


def is_within(request: HttpRequest, action: str, *, key: str | None = None) -> bool:
    """Count one more, and say whether it is still within the rate of `action`: whoever asks means it, by GET as well, which allauth lets pass uncounted."""
    used = ratelimit.consume(request=request, app="allauth.account", action=action, key=key, limit_get=True)
    return used is not None


def seconds_to_wait(request: HttpRequest, action: str = "") -> int:
    """After how long at most one more is within the rate of `action`, by default the one of allauth's page that was asked for.

    When the oldest of what was counted was asked for, allauth tells nobody.
    """
    match = request.resolver_match
    action = action or _ACTIONS.get((match and match.url_name) or "", "")
    rates: str = app_settings.RATE_LIMITS.get(action) or ""
    return max((_duration(rate) for rate in rates.split(",") if rate), default=_LONGEST)


def _duration(rate: str) -> int:
    """Of `20/10m/key`, how its documentation writes it: the seconds of the middle."""
    span = rate.split("/")[1]
    return int(span[:-1] or 1) * _SECONDS[span[-1]]
