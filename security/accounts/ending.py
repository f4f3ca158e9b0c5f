"""Ending sessions one by one: with the sockets that were opened in them, each with its event."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.db import transaction

from security.audit import Action, record
from security.errors import NotFound
from security.models import RevocationKind, User
from security.revocation import revoke, session_digest


@transaction.atomic
def end_own_session(*, user: User, session: str, but: str | None) -> None:
    """End the person's session with this digest; NotFound for any other, and for the one with key `but`, which is signed out instead."""
    own = UserSession.objects.filter(user=user).exclude(session_key=but or "")
    found = next((row for row in own if session_digest(row.session_key) == session), None)
    if found is None:
        raise NotFound
    _end(found)


@transaction.atomic
def end_oldest(*, user: User, most: int, but: str | None) -> int:
    """Keep so many sessions of the person's, the one with key `but` among them and else the last active; how many ended."""
    others = UserSession.objects.filter(user=user).exclude(session_key=but or "").order_by("-last_seen_at", "-pk")
    over = list(others[max(most - 1, 0) :])
    for session in over:
        _end(session)
    return len(over)


def _end(session: UserSession) -> None:
    revoke(RevocationKind.SESSION, session_digest(session.session_key))
    record(Action.SESSION_ENDED, on=session.user)
    session.end()


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """allauth's question, answered."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """One transaction for all of them, each with its event."""
        with transaction.atomic():
            for session in sessions:
                _end(session)
