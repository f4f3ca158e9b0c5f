"""Forgetting the beginning of a trail: as a whole, up to a signed checkpoint, a year old at least; and where what is left begins.

Danger: whoever can shorten a trail can hide what he did. Rule: PostgreSQL deletes only what a tombstone covers, and refuses a tombstone that is
younger than the term in force (`security.audit.term`) or on no checkpoint; the worker asks for a signature of its own, or of a key that it had
before; the event `audit.pruned` stands in what is left, and a verifier asks for all of it. Proof: tests/security/audit/test_pruning.py.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from security.audit.chain import genesis
from security.audit.notes import read_note
from security.audit.offline import Broken
from security.audit.record import record
from security.audit.registry import Action
from security.audit.stored import genuine
from security.models.audit import AuditCheckpoint, AuditTombstone
from security.scoping import tenant_scope

logger = logging.getLogger(__name__)

AT_ONCE: Final = 5_000
AT_MOST: Final = 1_000
"""Checkpoints that are looked at for one that counts: forged ones lie in the way at worst so long."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """After which number, and from which hash, what is left of a chain follows; `note` is the checkpoint that says so, where it was pruned."""

    seq: int
    hash: bytes
    note: str | None = None


def beginning(chain: UUID, keys: Iterable[bytes] = ()) -> Beginning:
    """Of the tenant in scope. Broken for a tombstone that is not on a checkpoint of this chain, signed by one of `keys` where there are any."""
    row = AuditTombstone.objects.order_by("-seq").first()
    if row is None:
        return Beginning(0, genesis(chain))
    believed = tuple(keys)
    try:
        note = read_note(row.note)
    except ValueError:
        raise Broken(row.seq + 1, "what says where the trail begins is no checkpoint") from None
    if (note.chain, note.seq, note.hash) != (chain, row.seq, bytes(row.hash)):
        raise Broken(row.seq + 1, "the checkpoint where the trail begins is of something else")
    if believed and not note.is_signed_by(believed):
        raise Broken(row.seq + 1, "the checkpoint where the trail begins is not signed by the key")
    return Beginning(row.seq, bytes(row.hash), row.note)


def prune(*, before: datetime, keys: Iterable[bytes]) -> int | None:
    """Prune the tenant in scope up to the newest checkpoint that was signed before then, which is an event; up to where, None for nowhere.

    The rows are deleted by `sweep`, some at once. PostgreSQL refuses what is younger than the term in force, twelve months at least, whatever
    `before` says; and everything where there is none.
    """
    believed = tuple(keys)
    old = AuditTombstone.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    due = AuditCheckpoint.objects.filter(signed_at__lte=before, seq__gt=old).order_by("-seq")
    newest = next((stored.row for stored in genuine(due[:AT_MOST], believed)), None)
    if newest is None:
        if due.exists():
            logger.warning("A trail is old enough to be pruned, but its checkpoint is not signed by a key of ours")
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_prune(%s)", [newest.pk])
    record(Action.AUDIT_PRUNED, until=newest.seq, entries=newest.seq - old, before=before)
    return newest.seq


def sweep(tenant_id: int, *, at_most: int = AT_ONCE) -> int:
    """Delete what a tombstone covers, each batch in a scope of its own; how many events."""
    total = 0
    while True:
        with tenant_scope(tenant_id), connection.cursor() as cursor:
            cursor.execute("SELECT audit_sweep(%s)", [at_most])
            (swept,) = cursor.fetchone() or (0,)
        total += swept
        if swept < at_most:
            return total
