"""How often something may be asked for, counted in Valkey by allauth's limiter; the rates stand in ACCOUNT_RATE_LIMITS."""

from __future__ import annotations

from allauth.core import ratelimit
from django.http import HttpRequest


def is_within(request: HttpRequest, action: str, *, key: str | None = None) -> bool:
    """Count one more, and say whether it is still within the rate of `action`."""
    return bool(ratelimit.consume(request, action=action, key=key))
