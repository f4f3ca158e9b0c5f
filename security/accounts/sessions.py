"""How long a session lasts: so many minutes without activity, and twelve hours at most.

Danger: a session left open on a shared machine is somebody else's key. Rule: each request of a signed-in person is measured against both limits
before anything else looks at who he is; polling does not count as activity. Proof: tests/security/accounts/test_sessions.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

View = Callable[..., HttpResponseBase]
IDLE_KEY = "idle_minutes"
"""In the session: the strictest idle limit of the person's organisations, put there by `tenants`."""
DEFAULT_IDLE_MINUTES = 15
LONGEST = timedelta(hours=12)
_PRECISION = timedelta(seconds=30)
"""Activity is written down at most this often, so a limit may end up to this much early, never late."""


def polling(view: View) -> View:
    """A view that a page asks by itself: being asked is no sign of a person."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.is_polling = True  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return asked


def note_activity(session_key: str, now: datetime) -> bool:
    """The person did something, by a request or in a socket. False where the session is not known (any more)."""
    return bool(UserSession.objects.filter(session_key=session_key).update(last_seen_at=Greatest("last_seen_at", now)))


def ends_at(session: UserSession, idle_minutes: int) -> datetime:
    """When the session ends if nothing more happens in it."""
    ends: datetime = min(session.created_at + LONGEST, session.last_seen_at + timedelta(minutes=idle_minutes))
    return ends


class SessionLimitsMiddleware:
    """Ends sessions that are over. Right after AuthenticationMiddleware and MessageMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; whose session was over is anonymous by then."""
        key = request.session.session_key
        if key is None or not request.user.is_authenticated:
            return self.get_response(request)
        now = timezone.now()
        session = UserSession.objects.filter(session_key=key).first()
        if session is None:  # signed in by other means than allauth's pages: counts from here
            UserSession.objects.create_from_request(request)
        elif now >= ends_at(session, request.session.get(IDLE_KEY, DEFAULT_IDLE_MINUTES)):
            logout(request)
            messages.info(request, _("You were signed out because your session was over. Please sign in again."))
            return self.get_response(request)
        response = self.get_response(request)
        is_due = session is not None and now - session.last_seen_at >= _PRECISION
        if is_due and not getattr(request, "is_polling", False):
            note_activity(key, now)
        return response
