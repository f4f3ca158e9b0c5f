"""Taking rights away from what is already open.

Danger: a socket outlives the right it was opened with. Rule: whatever takes a right away calls `revoke()` in the same transaction; every
server process asks `revoked_since()` each second and is told at once where it listens. Proof: tests/security/test_revocation.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from security.models import Revocation, RevocationKind


@dataclass(frozen=True, slots=True)
class Revoked:
    """One right that ended: `subject` is a public id or, for a session, its digest."""

    kind: RevocationKind
    subject: str
    at: datetime


_listeners: list[Callable[[Revoked], None]] = []


def on_revoked(listener: Callable[[Revoked], None]) -> Callable[[], None]:
    """Call `listener` in this process after each commit that revoked something; a hint that saves the wait for the next look.

    Returns what undoes it.
    """
    _listeners.append(listener)
    return partial(_listeners.remove, listener)


def session_digest(session_key: str) -> str:
    """The name of a session wherever it is written down: 128 bits of SHA-256, from which the key cannot be had."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


def revoke(kind: RevocationKind, subject: UUID | str) -> None:
    """End what `subject` has open, as part of the caller's transaction."""
    row = Revocation.objects.create(kind=kind.value, subject=str(subject))
    revoked = Revoked(kind, row.subject, row.created_at)
    for listener in _listeners:
        transaction.on_commit(lambda listener=listener: listener(revoked), robust=True)  # type: ignore[misc]


def revoked_since(time: datetime) -> list[Revoked]:
    """What was revoked at `time` or later, oldest first. Ask with an overlap: a transaction may commit later than its rows say."""
    rows = Revocation.objects.filter(created_at__gte=time).order_by("created_at", "pk")
    return [Revoked(RevocationKind(row.kind), row.subject, row.created_at) for row in rows]
