"""How allauth's page of sessions ends them: with the sockets that were opened in them."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.db import transaction

from security.audit import Action, record
from security.models import RevocationKind
from security.revocation import revoke, session_digest


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """allauth's question, answered."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """One transaction for all of them, each with its event."""
        with transaction.atomic():
            for session in sessions:
                revoke(RevocationKind.SESSION, session_digest(session.session_key))
                record(Action.SESSION_ENDED, on=session.user)
                session.end()
