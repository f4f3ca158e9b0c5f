"""How long a session lasts: so many minutes without activity, and so many hours at most; what is stricter anywhere holds everywhere.

Danger: a session left open on a shared machine is somebody else's key, and one that was ended comes back to life. Rule: a sign-in makes the row
of its session, and nothing else does: without its row a session is over. Each request of a signed-in person is measured against both limits before
anything else looks at who he is; polling does not count as activity. Proof: tests/security/accounts/test_sessions.py, test_ended_sessions.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from security.accounts import lockout
from security.models import RevocationKind, User
from security.revocation import revoke, session_digest

View = Callable[..., HttpResponseBase]
IDLE_KEY: Final = "idle_minutes"
"""In the session: the strictest idle limit of the person's organisations, put there by `tenants`."""
HOURS_KEY: Final = "session_hours"
"""The same of how long a session lasts at most."""
DEFAULT_IDLE_MINUTES: Final = 15
LONGEST: Final = timedelta(hours=12)
_PRECISION: Final = timedelta(seconds=30)
"""Activity is written down at most this often, so a limit may end up to this much early, never late."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Both limits of one session."""

    idle: timedelta
    longest: timedelta


def limits_of(session: SessionBase) -> SessionLimits:
    """What `tenants` found to be the strictest, or the defaults for who belongs nowhere."""
    idle = timedelta(minutes=session.get(IDLE_KEY, DEFAULT_IDLE_MINUTES))
    return SessionLimits(idle, min(timedelta(hours=session.get(HOURS_KEY, 12)), LONGEST))


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


def ends_at(session: UserSession, limits: SessionLimits) -> datetime:
    """When the session ends if nothing more happens in it."""
    ends: datetime = min(session.created_at + limits.longest, session.last_seen_at + limits.idle)
    return ends


def began_at(request: HttpRequest) -> datetime | None:
    """When the request's session began; None where nobody is signed in."""
    session: UserSession | None = getattr(request, "user_session", None)
    return None if session is None else session.created_at


def is_over(request: HttpRequest, now: datetime) -> bool:
    """By the limits that the request's session holds: asked again by whoever has put newer ones there."""
    session: UserSession | None = getattr(request, "user_session", None)
    return session is not None and now >= ends_at(session, limits_of(request.session))


def sign_out_over(request: HttpRequest) -> None:
    """The rest of the request is nobody's."""
    logout(request)
    messages.info(request, _("You were signed out because your session was over. Please sign in again."))


def session_of(request: HttpRequest) -> UserSession | None:
    """The row of the request's session, as it will be when the request is answered; None where nobody is signed in."""
    session: UserSession | None = getattr(request, "user_session", None)
    if session is None or not request.user.is_authenticated:
        return None
    now = timezone.now()
    if _counts(request) and now - session.last_seen_at >= _PRECISION:
        session.last_seen_at = now
    return session


def stay(request: HttpRequest, now: datetime) -> None:
    """The person says that he is still there, on a page that else asks by itself."""
    session = session_of(request)
    if session is not None:
        note_activity(request.session.session_key or "", now)
        session.last_seen_at = now


def begin(request: HttpRequest, user: User) -> None:
    """A whole sign-in: the row of its session. One that was there keeps its beginning."""
    # Saved first: a sign-in elsewhere removes rows of sessions that the store does not know, or knows as nobody's.
    request.session.save()
    longest = UserSession._meta.get_field("user_agent").max_length
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "ip": lockout.address(request) or "0.0.0.0",  # noqa: S104 - a peer without an address, as in a unix socket
            "user_agent": request.META.get("HTTP_USER_AGENT", "")[:longest],
            "last_seen_at": timezone.now(),
        },
    )


@transaction.atomic
def renew_key(request: HttpRequest) -> bool:
    """What the session may do has grown: under the key that it had before nothing opens any more, and no socket stays.

    False, and nobody is signed in any more, where the session was ended since this request began: a new key would let it live on.
    """
    old = request.session.session_key
    row = UserSession.objects.select_for_update().filter(session_key=old).first()
    if old is None or row is None:
        logout(request)
        return False
    request.session.cycle_key()
    row.session_key = request.session.session_key
    row.save(update_fields=["session_key"])
    revoke(RevocationKind.SESSION, session_digest(old))
    return True


@transaction.atomic
def follow_key(request: HttpRequest) -> bool:
    """After somebody else's code has renewed the key: the row goes along, beginning and all. As `renew_key` where it is gone."""
    before: UserSession | None = getattr(request, "user_session", None)
    row = None if before is None else UserSession.objects.select_for_update().filter(pk=before.pk).first()
    made = UserSession.objects.filter(session_key=request.session.session_key)
    if row is None:
        made.delete()
        logout(request)
        return False
    made.exclude(pk=row.pk).delete()  # allauth's, which would begin now
    row.session_key = request.session.session_key
    row.save(update_fields=["session_key"])
    return True


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
        # Without a row it was ended, or swept: counting from here would let it begin anew.
        request.user_session = session  # type: ignore[attr-defined]
        if session is None or is_over(request, now):
            sign_out_over(request)
            return self.get_response(request)
        was_seen = session.last_seen_at
        response = self.get_response(request)
        kept = request.session.session_key  # which the view may have renewed, or ended
        if kept is not None and _counts(request) and now - was_seen >= _PRECISION:
            note_activity(kept, now)
        return response


def _counts(request: HttpRequest) -> bool:
    """Whether the request is a sign of a person, not of a page that asks by itself."""
    return not getattr(request, "is_polling", False) and not request.path_info.startswith(settings.VISITOR_PATHS)
