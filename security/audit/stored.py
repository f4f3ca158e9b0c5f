"""Checkpoints as they lie in the database, where whoever has the application's role may insert rows of his own.

Danger: a row that nobody signed could stop the signer, hide the true one, be sent outside or be pruned up to. Rule: what reads these rows passes over
those that none of the believed keys signed; they are counted once, told by an event, and stop nothing. Proof:
tests/security/audit/test_forged.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from security.audit.notes import Note, read_note
from security.models.audit import AuditCheckpoint, AuditHead

AT_ONCE: Final = 200
"""Rows whose signatures are looked at in one turn: a flood of them costs a second of it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A row, and what it says."""

    row: AuditCheckpoint
    note: Note


def genuine(rows: Iterable[AuditCheckpoint], keys: Collection[bytes]) -> Iterator[Stored]:
    """Those that the key in their column signed, one of `keys`, and whose columns say what the note says; in their order."""
    for row in rows:
        note = _read(row, keys)
        if note is not None:
            yield Stored(row, note)


def newest_genuine(keys: Collection[bytes], *, since: datetime | None = None) -> Stored | None:
    """Of the tenant in scope, among the newest rows: what claims to stand past the chain's end is not looked at."""
    head = AuditHead.objects.values_list("seq", flat=True).first() or 0
    rows = AuditCheckpoint.objects.filter(seq__lte=head)
    if since is not None:
        rows = rows.filter(signed_at__gt=since)
    return next(genuine(rows.order_by("-seq", "pk")[:AT_ONCE], keys), None)


def forged_since(pk: int, keys: Collection[bytes]) -> tuple[list[AuditCheckpoint], int]:
    """Rows of the tenant in scope after this one that are not genuine, and up to which row was looked."""
    rows = list(AuditCheckpoint.objects.filter(pk__gt=pk).order_by("pk")[:AT_ONCE])
    return [row for row in rows if _read(row, keys) is None], rows[-1].pk if rows else pk


def _read(row: AuditCheckpoint, keys: Collection[bytes]) -> Note | None:
    try:
        note = read_note(row.note)
    except ValueError:
        return None
    said, key = (row.seq, row.after, bytes(row.hash)), bytes(row.public_key)
    return note if key in keys and said == (note.seq, note.after, note.hash) and note.is_signed_by([key]) else None
