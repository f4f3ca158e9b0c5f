"""Verifying a tenant's chain in the database; `security.audit.offline` verifies an export, and says what the steps catch.

A chain, its head and its checkpoints all written anew by somebody who holds the signing key, or who took the newest checkpoints away, are shown
by copies that lie elsewhere: give them as `held`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils import timezone

from security.audit.details import Opener
from security.audit.export import events_after
from security.audit.keys import believed_keys
from security.audit.notes import Note, read_note
from security.audit.pruning import beginning
from security.audit.walk import Broken, Report, StoredWalk, Witness
from security.models.audit import AuditCheckpoint, AuditEvent, AuditHead
from security.scoping import tenant_scope


def verify_tenant(
    tenant_id: int,
    *,
    page: int = 1_000,
    keys: Iterable[bytes] | None = None,
    held: Iterable[Note] = (),
    now: datetime | None = None,
    tell: Callable[[int], None] | None = None,
    tell_every: int = 5_000,
) -> Report:
    """Follow the tenant's chain from its first event to its head, each page in a scope of its own.

    Without `keys`, those that the operator has noted are believed, else those that the database names. Events may be appended meanwhile; they
    are verified too. `tell` is called in the tenant's scope with how far it came.
    """
    with tenant_scope(tenant_id):
        head = AuditHead.objects.first()
        if head is None:
            stray = AuditEvent.objects.order_by("seq").first()
            return Report(True, 0) if stray is None else Report(False, 0, stray.seq, "the end of the chain is missing")
        believed = believed_keys() if keys is None else tuple(keys)
    witness = Witness(head.chain, believed)
    for note in held:
        witness.add(note, is_kept=True)
    try:
        with tenant_scope(tenant_id):
            begins = beginning(head.chain, believed)
    except Broken as broken:
        return Report(False, 0, broken.seq, broken.reason)
    witness.covered = begins.seq
    walk = StoredWalk(begins.seq, begins.hash, witness, began=begins.seq)
    try:
        told = walk.seq
        while _took_page(walk, tenant_id, page, now):
            if tell is not None and walk.seq - told >= tell_every:
                told = walk.seq
                with tenant_scope(tenant_id):
                    tell(told)
    except Broken as broken:
        return Report(False, walk.entries, broken.seq, broken.reason, witness.signed, witness.forged)
    return Report(True, walk.entries, signed=witness.signed, forged=witness.forged)


def _took_page(walk: StoredWalk, tenant_id: int, page: int, now: datetime | None) -> bool:
    """Walk over the next page; at the end compare with the head. False when the end was reached and is right."""
    with tenant_scope(tenant_id):
        opener = Opener()
        events = events_after(walk.seq, page)
        opener.load(events)
        _add_checkpoints(walk, None if not events else events[-1].seq)
        for event in events:
            _step(walk, event, opener)
        if events:
            return True
        head = AuditHead.objects.get()
        if head.seq > walk.seq and AuditEvent.objects.filter(seq__gt=walk.seq).exists():
            return True  # appended between the two queries
        walk.end(head.seq, bytes(head.hash), now or timezone.now())
        return False


def _add_checkpoints(walk: StoredWalk, until: int | None) -> None:
    """Those that begin among the events of this page; after the last page all that are left, which no event explains."""
    found = AuditCheckpoint.objects.filter(after__gte=walk.seq)
    rows = (found if until is None else found.filter(after__lt=until)).order_by("after").values_list("after", "note")
    for after, text in rows:
        try:
            walk.witness.add(read_note(text))
        except ValueError:
            if not walk.witness.keys:
                raise Broken(after + 1, "the checkpoint after it is not one") from None
            walk.witness.forged += 1


def _step(walk: StoredWalk, event: AuditEvent, opener: Opener) -> None:
    found = {detail.part: opener.opened(detail) for detail in event.details.all()}
    walk.step_stored(
        event.seq,
        event.at,
        event.entry,
        bytes(event.hash),
        {part: None if values is None else values.commitment for part, values in found.items()},
        {
            "action": event.action,
            "outcome": event.outcome,
            "actor_kind": event.actor_kind,
            "actor_id": None if event.actor_id is None else str(event.actor_id),
            "object_id": None if event.object_id is None else str(event.object_id),
        },
    )
