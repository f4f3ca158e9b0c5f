"""The clock that pages show before a session ends. It only tells: the limits are held by `security.accounts.sessions`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest
from django.utils import timezone

from security.accounts.sessions import ends_at, limits_of, session_of


@dataclass(frozen=True, slots=True)
class Clock:
    """Whole seconds until the session ends, and whether being active would make it longer."""

    ends_in: int
    can_stay: bool


def clock_of(request: HttpRequest) -> Clock | None:
    """Of the request's session; None where nobody is signed in."""
    session = session_of(request)
    if session is None:
        return None
    limits = limits_of(request.session)
    ends = ends_at(session, limits)
    left = (ends - timezone.now()).total_seconds()
    return Clock(max(0, int(left)), can_stay=ends < session.created_at + limits.longest)


def session_clock(request: HttpRequest) -> dict[str, Callable[[], Clock | None]]:
    """Context processor: `session_clock`, asked for once by the pages that warn."""
    return {"session_clock": cache(lambda: clock_of(request))}
