"""Ending sessions: with the sockets that were opened in them, each with its event.

Danger: whoever holds the session renews its key while it is being ended, and goes on under the new one. Rule: whatever ends sessions has them from
`lock_sessions`; who renews a key locks the row as well. Proof: tests/security/accounts/test_ended_sessions.py.
"""

from __future__ import annotations

from collections.abc import Iterable

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import QuerySet

from security.audit import Action, record
from security.errors import NotFound
from security.models import RevocationKind, User
from security.revocation import revoke, session_digest


def lock_sessions(sessions: QuerySet[UserSession]) -> list[UserSession]:
    """As they are now, each under the key that it has now, and held until the caller's transaction ends; in order of sign-in."""
    return list(sessions.select_for_update(of=("self",)).order_by("pk"))


@transaction.atomic
def end_own_session(*, user: User, session: str, but: str | None) -> None:
    """End the person's session with this digest; NotFound for any other, and for the one with key `but`, which is signed out instead."""
    own = lock_sessions(UserSession.objects.filter(user=user).exclude(session_key=but or ""))
    found = next((row for row in own if session_digest(row.session_key) == session), None)
    if found is None:
        raise NotFound
    _end(found)


@transaction.atomic
def end_oldest(*, user: User, most: int, but: str | None) -> int:
    """Keep so many sessions of the person's, the one with key `but` among them and else the last active; how many ended.

    Those that began after that one count by themselves: sign-ins of the same moment come one after the other, and the last are left.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    own = UserSession.objects.filter(user=user, session_key=but or "").first()
    if own is None:  # one that came later has ended it already
        return 0
    others = lock_sessions(UserSession.objects.filter(user=user, pk__lt=own.pk))
    over = sorted(others, key=lambda session: (session.last_seen_at, session.pk), reverse=True)[max(most - 1, 0) :]
    for session in over:
        _end(session)
    return len(over)


def _end(session: UserSession) -> None:
    """One of `lock_sessions`."""
    revoke(RevocationKind.SESSION, session_digest(session.session_key))
    record(Action.SESSION_ENDED, on=session.user)
    session.end()


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """allauth's question, answered."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """One transaction for all of them, each with its event."""
        with transaction.atomic():
            for session in lock_sessions(UserSession.objects.filter(pk__in=[session.pk for session in sessions])):
                _end(session)
