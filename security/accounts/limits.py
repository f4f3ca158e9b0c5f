"""How often something may be asked for, counted in Valkey by allauth's limiter; the rates stand in ACCOUNT_RATE_LIMITS."""

from __future__ import annotations

import math
import time
from typing import Final

from allauth.core import ratelimit
from allauth.core.internal.ratelimit import Rate, get_cache_key, get_rates
from django.core.cache import cache
from django.http import HttpRequest

_APP: Final = "allauth.account"
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
_LONGEST: Final = 3600
"""Seconds that no rate of ours is longer than."""


def is_within(request: HttpRequest, action: str, *, key: str | None = None) -> bool:
    """Count one more, and say whether it is still within the rate of `action`."""
    return bool(ratelimit.consume(request, action=action, key=key))


def seconds_to_wait(request: HttpRequest, action: str = "") -> int:
    """After how long one more is within the rate of `action`, by default the one of allauth's page that was asked for.

    Which key was counted is not known here, so where it is no address and no person that was too fast, this is the most that it can be.
    """
    match = request.resolver_match
    action = action or _ACTIONS.get((match and match.url_name) or "", "")
    rates = get_rates(app=_APP, action=action) if action else []
    waits = [_wait(request, action, rate) for rate in rates if rate.per != "key"]
    if any(waits):
        return math.ceil(max(waits))
    return math.ceil(max((rate.duration for rate in rates if rate.per == "key"), default=_LONGEST))


def _wait(request: HttpRequest, action: str, rate: Rate) -> float:
    key = get_cache_key(request, app=_APP, action=action, rate=rate)
    counted: list[float] = cache.get(key, [])
    if len(counted) < rate.amount:
        return 0.0
    left: float = counted[-1] + rate.duration - time.time()
    return max(left, 1.0)
