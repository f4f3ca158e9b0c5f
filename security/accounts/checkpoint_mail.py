"""Checkpoints by mail: the simplest place outside, since nobody here can take a mail back.

Danger: rows that whoever has the application's role inserts lie before the true one, and no mail leaves. Rule: the worker mails what it remembers
that it signed, and looks at rows only where it remembers nothing. Proof: tests/security/audit/test_forged.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from security.accounts.outbox import Letter, queue
from security.audit.checkpoints import Remembered, remembered, shown_key
from security.audit.copies import MAILBOX, Place, copied
from security.audit.keys import counted_keys, workers_signer
from security.audit.stored import newest_genuine


def mail_newest(*, boxes: Iterable[str], since: datetime, kind: str = MAILBOX) -> None:
    """Queue the newest checkpoint of the tenant in scope for each mailbox, if one was signed since then."""
    newest = _newest(since)
    if newest is None:
        return
    for box in boxes:
        body = f"{newest.text}\nPublic key: {shown_key(newest.key)}\n"
        queue(Letter(box, f"Checkpoint {newest.seq} of an audit trail", body), template="audit/checkpoint")
    copied(Place(kind, kind), seq=newest.seq, now=timezone.now())


def _newest(since: datetime) -> Remembered | None:
    signer = workers_signer()
    kept = None if signer is None else remembered(signer)
    if kept is not None:
        return kept if kept.signed_at >= since.replace(microsecond=0) else None  # notes say whole seconds
    stored = newest_genuine(counted_keys(), since=since)
    if stored is None:
        return None
    row = stored.row
    return Remembered(row.seq, row.note, bytes(row.public_key), row.signed_at)
