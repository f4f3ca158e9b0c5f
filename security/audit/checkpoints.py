"""Checkpoints: signed notes that say where a chain stood, and the one place that signs them.

Danger: whoever can write the whole history anew writes a valid chain; a signer that signs whatever it is shown would bless it. Rule: the key is
the worker's alone; it remembers its last checkpoint outside the database and signs only what continues it, event by event; after a restore
an operator says so by a command. Proof: tests/security/audit/test_checkpoints.py.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db import connection

from security.audit.memory import Memory
from security.audit.notes import FORMAT, PRINT_BYTES, Note, key_id, read_note
from security.audit.offline import genesis, link
from security.audit.stored import forged_since, genuine
from security.crypto.signing import public_key, sign
from security.models.audit import AuditCheckpoint, AuditEvent, AuditHead, AuditTombstone
from security.scoping import require_tenant_id, tenant_scope

logger = logging.getLogger(__name__)

EVENTS_AT_MOST: Final = 1_000
"""That one checkpoint covers: so many prints, four bytes each, it carries."""


class Refused(Exception):
    """The chain does not continue what was signed before; `seq` is the first event that is not there as it was."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.seq, self.reason = seq, reason


@dataclass(frozen=True, slots=True)
class Signer:
    """A key and the memory that goes with it; `former` are public keys of before, whose checkpoints it goes on from."""

    seed: bytes = field(repr=False)
    memory: Memory
    former: tuple[bytes, ...] = ()

    @property
    def public_key(self) -> bytes:
        """What others verify with."""
        return public_key(self.seed)

    @property
    def believed(self) -> tuple[bytes, ...]:
        """Whose checkpoints count."""
        return (self.public_key, *self.former)


@dataclass(frozen=True, slots=True)
class _From:
    """Where the next checkpoint begins."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Remembered:
    """A checkpoint of ours: up to which event, as text, by which key and when."""

    seq: int
    text: str
    key: bytes
    signed_at: datetime


def shown_key(key: bytes) -> str:
    """A public key as C2SP writes it, for `offline.read_key`."""
    encoded = b64encode(b"\x01" + key).decode()
    return f"{FORMAT}+{key_id(key).hex()}+{encoded}"


def written(seed: bytes, chain: UUID, start: int, hashes: Sequence[bytes], at: datetime) -> str:
    """The signed note of a chain whose events after `start` have these hashes."""
    prints = b"".join(found[:PRINT_BYTES] for found in hashes)
    lines = (
        f"{FORMAT}/{chain}",
        str(start + len(hashes)),
        b64encode(hashes[-1]).decode(),
        f"signed {at.astimezone(UTC).isoformat(timespec='seconds').replace('+00:00', 'Z')}",
        f"after {start}",
        f"prints {b64encode(prints).decode()}",
    )
    text = "".join(f"{line}\n" for line in lines)
    signature = b64encode(key_id(public_key(seed)) + sign(seed, text.encode())).decode()
    return f"{text}\n— {FORMAT} {signature}\n"


def remembered(signer: Signer) -> Remembered | None:
    """The newest of the tenant in scope, whatever the database says; None where the memory has none that one of the keys signed."""
    text = signer.memory.last(require_tenant_id()) or ""
    try:
        note = read_note(text)
        signed_at = datetime.fromisoformat(text.split("\n")[3].removeprefix("signed "))
    except ValueError:
        return None
    key = note.signer_among(signer.believed)
    return None if key is None else Remembered(note.seq, text, key, signed_at)


def behind(memory: Memory) -> list[int]:
    """Numbers of the tenants whose chain has another length than the signer remembers: no row of the database can hide one from it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant, seq FROM audit_heads()")
        return [tenant for tenant, seq in cursor.fetchall() if seq != memory.signed(tenant)]


def sign_tenant(tenant_id: int, *, signer: Signer, now: datetime) -> list[str]:
    """Sign what was appended since the last checkpoint; the new notes. Refused where the chain does not continue it; outside any scope."""
    made = []
    with signer.memory.held(tenant_id) as is_ours:
        while is_ours:
            with tenant_scope(tenant_id):
                note = _sign_next(signer, now)
            if note is None:
                break
            made.append(note)
    return made


def forged(tenant_id: int, *, signer: Signer) -> list[int]:
    """Where checkpoints claim to stand that nobody of ours signed, of those that were not looked at before; outside any scope."""
    with signer.memory.held(tenant_id) as is_ours:
        if not is_ours:
            return []
        with tenant_scope(tenant_id):
            found, looked_to = forged_since(signer.memory.looked_to(tenant_id), signer.believed)
        signer.memory.look_on(tenant_id, looked_to)
    return [row.seq for row in found]


def _sign_next(signer: Signer, now: datetime) -> str | None:
    """One more checkpoint, or None at the end. It is remembered before it is committed: what was signed once is never contradicted."""
    head = AuditHead.objects.first()
    tenant_id = require_tenant_id()
    kept = signer.memory.last(tenant_id)
    if head is None:
        if kept is None:
            return None
        raise Refused(1, "the whole chain is gone")
    last = _last(signer, kept)
    if last is not None and last.chain != head.chain:
        raise Refused(1, "another chain stands in its place")
    start = _From(0, genesis(head.chain)) if last is None else _From(last.seq, last.hash)
    hashes = _followed(start, head)
    if not hashes:
        return None
    note = written(signer.seed, head.chain, start.seq, hashes, now)
    signer.memory.remember(tenant_id, note)
    _store(read_note(note), note, signer.public_key, now)
    return note


def _last(signer: Signer, kept: str | None) -> Note | None:
    """The newest checkpoint of ours: the remembered one, and the newest genuine one of the database where nothing is remembered."""
    note = None if kept is None else read_note(kept)
    if kept is not None and note is not None:
        key = note.signer_among(signer.believed)
        if key is None:
            raise Refused(note.after + 1, "what the signer remembers is not signed by its key")
        if not AuditCheckpoint.objects.filter(seq=note.seq, note=kept).exists():
            _store(note, kept, key, datetime.now(UTC))  # it was remembered, and then the commit failed
        return note
    rows = AuditCheckpoint.objects.filter(public_key__in=signer.believed).order_by("-seq", "pk")
    found = next(genuine(rows.iterator(), signer.believed), None)
    if found is None:
        return None
    signer.memory.remember(require_tenant_id(), found.row.note)
    return found.note


def _followed(start: _From, head: AuditHead) -> list[bytes]:
    """The hashes after `start`, each computed from its event; Refused where they do not continue it."""
    if head.seq < start.seq:
        raise Refused(head.seq + 1, f"the tail is missing: the checkpoint at {start.seq} was signed")
    if start.seq:
        there = AuditEvent.objects.filter(seq=start.seq).values_list("hash", flat=True).first()
        if there is None:  # all that was signed may be pruned
            there = AuditTombstone.objects.filter(seq=start.seq).values_list("hash", flat=True).first()
        if there is None or bytes(there) != start.hash:
            raise Refused(start.seq, "the event is not the one that was signed")
    rows = AuditEvent.objects.filter(seq__gt=start.seq, seq__lte=head.seq).order_by("seq")[:EVENTS_AT_MOST]
    seq, current, hashes = start.seq, start.hash, []
    for event_seq, at, entry, found in rows.values_list("seq", "at", "entry", "hash"):
        if event_seq != seq + 1 or link(current, event_seq, at, entry) != bytes(found):
            raise Refused(seq + 1, "the event does not follow from the one before it")
        seq, current = event_seq, bytes(found)
        hashes.append(current)
    if seq < head.seq and len(hashes) < EVENTS_AT_MOST:
        raise Refused(seq + 1, f"the tail is missing: the chain ends at {head.seq}")
    if seq == head.seq and current != bytes(head.hash):
        raise Refused(seq, "the end of the chain has another hash")
    return hashes


def _store(note: Note, text: str, key: bytes, now: datetime) -> None:
    AuditCheckpoint.objects.create(
        seq=note.seq, after=note.after, hash=note.hash, public_key=key, note=text, signed_at=now
    )
