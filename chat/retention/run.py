"""The work of one day: what is over is archived and then gone from the primary store, or gone.

Danger: this deletes what customers said. Rule: one function, `over()`, says what is due, to the preview, the dry run and here; nothing is deleted
whose copy was not read again and found to be right, nothing that is held, and nothing that changed since it was copied. Each step is one
transaction, can be killed anywhere, and is done again or not at all. Proof: tests/chat/retention/test_run.py, which kills it at each step.

    pending → written → uploaded → verified → committed → deleted
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from chat.models import (
    Afterwards,
    ArchiveChunk,
    ArchivedConversation,
    ChunkState,
    Claim,
    Conversation,
    Place,
)
from chat.retention import chunks, manifest
from chat.retention.claimed import as_read, claimed_by, unchanged_of
from chat.retention.content import Unreadable, content_of
from chat.retention.purge import destroy_archived, destroy_live, destroy_sent, remove_rows
from chat.retention.rules import Kept, held, lock_deletions, over, over_in_archive, rules, zone_of_tenant
from chat.retention.servers import sending
from chat.retention.servers.alarm import note_failure
from chat.retention.servers.configured import own_store
from chat.retention.stores import Missing, Store, name_of
from chat.retention.visitors.erasing import copy_erasures
from security.audit import Action, Extent, record
from security.crypto import keyring
from security.models import KeySubject
from security.scoping import be_patient, require_tenant_id, tenant_scope
from security.stores.store import Failed
from tenants.models import Tenant

logger = logging.getLogger(__name__)

CHUNK: Final = 200
"""Conversations of one object, and of one transaction that deletes."""
LONGEST_STEP: Final = 300
"""Seconds: acts at a server of somebody else's, which end in time by themselves (`configured.STEP_WITHIN`), and work of our own."""
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=6)
_FORESEEN: Final = (OSError, Missing, chunks.Damaged)


@dataclass(slots=True)
class Found:
    """What a run did, or what is done so far; in conversations."""

    archived: int = 0
    purged: int = 0
    held: int = 0
    failed: int = 0
    sent: int = 0
    visitors: int = 0
    """Erased, as no conversation of theirs was left."""


@dataclass(slots=True)
class _Work:
    """One run: what it knows, and what it has done. `unreadable` were met already, and are not chosen again."""

    tenant_id: int
    now: datetime
    store: Store
    found: Found = field(default_factory=Found)
    unreadable: set[int] = field(default_factory=set)


def run(
    tenant_id: int,
    now: datetime,
    *,
    store: Store,
    goes_on: Callable[[], bool] = lambda: True,
    only_at_close: bool = False,
) -> Found:
    """Do what is due for this tenant at `now`, step by step, each in a scope of its own; stops between two steps once `goes_on` says no.

    `only_at_close`: nothing is begun but what is sent when it is closed.
    """
    work = _Work(tenant_id, now, store)
    for choose in (_send_closed,) if only_at_close else (_archive, _send, _send_closed, _purge, _purge_archive):
        is_more = True
        while is_more and goes_on():
            while goes_on() and _advance_one(work):  # what an earlier run has begun comes first
                pass
            with tenant_scope(tenant_id):
                is_more = choose(work)
    if only_at_close:
        return work.found
    with tenant_scope(tenant_id):
        sweep_objects(store)
        copy_erasures(store, now=now)
        work.found.held = sum(_held(kept, now) for kept in rules())
    return work.found


def _held(kept: Kept, now: datetime) -> int:
    zone = zone_of_tenant()
    live = over(kept, now=now, zone=zone).filter(held()).count()
    return live + over_in_archive(kept, now=now, zone=zone).filter(held()).count()


def _archive(work: _Work) -> bool:
    return _choose(work, Afterwards.ARCHIVE, Place.ARCHIVE)


def _send(work: _Work) -> bool:
    return _choose(work, Afterwards.SENT, Place.SERVER)


def _send_closed(work: _Work) -> bool:
    return _choose(work, Afterwards.SENT_AT_CLOSE, Place.SERVER)


def _choose(work: _Work, afterwards: Afterwards, place: Place) -> bool:
    """Choose conversations for one more chunk; while a server does not take what is on its way, it is offered no more."""
    zone, waits = zone_of_tenant(), ArchiveChunk.objects.filter(place=place.value, failures__gt=0)
    if place is Place.SERVER and waits.exclude(state=ChunkState.DELETED.value).exists():
        return False
    for kept in rules():
        if kept.afterwards is not afterwards:
            continue
        free = over(kept, now=work.now, zone=zone).exclude(held()).exclude(pk__in=work.unreadable)
        rows = free.select_for_update(skip_locked=True, of=("self",))
        chosen = list(rows.values_list("pk", flat=True)[:CHUNK])
        if chosen:
            chunk = ArchiveChunk.objects.create(place=place.value, created_at=work.now, moved_at=work.now)
            Claim.objects.bulk_create([Claim(conversation_id=pk, chunk=chunk) for pk in chosen])
            return True
    return False


def _purge(work: _Work) -> bool:
    lock_deletions()
    zone = zone_of_tenant()
    for kept in rules():
        if kept.afterwards is not Afterwards.PURGE:
            continue
        free = over(kept, now=work.now, zone=zone).exclude(held())
        chosen = list(free.select_for_update(skip_locked=True, of=("self",))[:CHUNK])
        if chosen:
            work.found.purged += destroy_live(chosen)
            return True
    return False


def _purge_archive(work: _Work) -> bool:
    lock_deletions()
    zone = zone_of_tenant()
    for kept in rules():
        free = over_in_archive(kept, now=work.now, zone=zone).exclude(held())
        chosen = list(free.select_for_update(skip_locked=True, of=("self",))[:CHUNK])
        if chosen:
            work.found.purged += destroy_archived(chosen)
            return True
    return False


def _advance_one(work: _Work) -> bool:
    """One step of one chunk that is not finished; False where none can be moved now."""
    with tenant_scope(work.tenant_id):
        waiting = ArchiveChunk.objects.exclude(state=ChunkState.DELETED.value)
        ready = waiting.filter(Q(next_try_at=None) | Q(next_try_at__lte=work.now)).order_by("pk")
        chunk = ready.select_for_update(skip_locked=True).first()
        if chunk is None:
            return False
        be_patient(LONGEST_STEP)
        try:
            with transaction.atomic():
                _STEPS[ChunkState(chunk.state)](chunk, work)
        except Exception as error:  # noqa: BLE001 - whatever it is, what comes after this chunk is not kept from its day
            _put_off(chunk, work.now, error)
        else:
            chunk.moved_at, chunk.failures, chunk.next_try_at = work.now, 0, None
            chunk.save()
    return True


def _put_off(chunk: ArchiveChunk, now: datetime, error: Exception) -> None:
    """Once more, later, from the beginning: what was written may be what is wrong. The primary copy stays."""
    logger.error(
        "Chunk %s of the archive is put off in state %s: %s",
        chunk.public_id,
        chunk.state,
        type(error).__name__,
        exc_info=None if isinstance(error, _FORESEEN) else error,
    )
    chunk.refresh_from_db()
    if chunk.state not in (ChunkState.COMMITTED.value, ChunkState.DELETED.value):
        chunk.state = ChunkState.PENDING.value
    chunk.failures += 1
    chunk.next_try_at = now + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(chunk.failures - 1, 10))
    chunk.save()
    code = _fault_of_server(error)
    if _is_sent(chunk) and code is not None:
        note_failure(code=code, now=now)


def _fault_of_server(error: Exception) -> str | None:
    """What is to be said of an organisation's own server; None where the fault is ours, such as a key that the worker was not given."""
    match error:
        case Failed():
            return error.code
        case Missing():
            return "missing"
        case chunks.Damaged():
            return "differs"
        case _:
            return None


def _write(chunk: ArchiveChunk, work: _Work) -> None:
    claimed = claimed_by(chunk)
    read = as_read(claimed)  # before keys, tags and messages: what changes in between is noticed at the commit
    good: list[tuple[UUID, bytes, dict[str, Any]]] = []
    for row in claimed:
        key = keyring.stored_key(KeySubject.CONVERSATION, row.public_id)
        try:
            good.append((row.public_id, key or b"", content_of(row, key)))
        except Unreadable:
            logger.critical("A conversation cannot be archived: it does not open; conversation=%s", row.public_id)
            work.found.failed += 1
            work.unreadable.add(row.pk)
            Claim.objects.filter(conversation=row).delete()
    contents = [content for _, _, content in good]
    if _is_sent(chunk):
        placed = [chunks.Placed(conversation, 0, 0) for conversation, _, _ in good]
        data = sending.packed(chunk, contents)
    else:
        data, placed = chunks.pack(require_tenant_id(), chunk.public_id, good)
    chunk.contents = [
        {
            "id": str(place.conversation),
            "offset": place.offset,
            "length": place.length,
            "as_read": read[place.conversation],
        }
        for place in placed
    ]
    chunk.size, chunk.sha256 = len(data), sha256(data).digest()
    chunk.manifest = _manifest(chunk, contents)
    _store(chunk, work).write(_name(chunk), data)
    chunk.state = ChunkState.WRITTEN.value


def _manifest(chunk: ArchiveChunk, contents: list[dict[str, Any]]) -> str:
    seed = settings.AUDIT_SIGNING_KEY()
    if seed is None:
        raise OSError("AUDIT_SIGNING_KEY is the worker's: nothing is archived elsewhere")
    times = sorted(content["last_message_at"] for content in contents)
    counts = {
        "conversations": len(contents),
        "messages": sum(len(content["messages"]) for content in contents),
        "first": times[0] if times else None,
        "last": times[-1] if times else None,
    }
    tenant = Tenant.objects.values_list("public_id", flat=True).get()
    return manifest.written(
        seed, tenant=tenant, chunk=chunk.public_id, size=chunk.size, sha256=bytes(chunk.sha256 or b""), counts=counts
    )


def _upload(chunk: ArchiveChunk, work: _Work) -> None:
    if _is_sent(chunk):
        sending.upload(chunk)
    else:
        work.store.named(_name(chunk))
    chunk.state = ChunkState.UPLOADED.value


def _verify(chunk: ArchiveChunk, work: _Work) -> None:
    """Read it again and open all of it: a copy that cannot be read is none."""
    data = _store(chunk, work).read(_name(chunk), most=chunk.size + 1)
    if len(data) != chunk.size or sha256(data).digest() != bytes(chunk.sha256 or b""):
        raise chunks.Damaged("The object is not what was written.")
    if _is_sent(chunk):
        sending.note_success()
    for place in _placed(chunk) if not _is_sent(chunk) else ():
        key = keyring.stored_key(KeySubject.CONVERSATION, place.conversation)
        if key is not None:
            chunks.unpack(data, place, tenant_id=require_tenant_id(), chunk=chunk.public_id, key=key)
    chunk.state = ChunkState.VERIFIED.value


def _commit(chunk: ArchiveChunk, work: _Work) -> None:  # noqa: ARG001 - the steps are called alike
    """What is there as it was copied can be found in the archive from now on; the rest is let go, for another chunk."""
    places = {place.conversation: place for place in _placed(chunk)}
    claimed = claimed_by(chunk, lock=True)
    unchanged = unchanged_of(chunk, claimed)
    Claim.objects.filter(chunk=chunk).exclude(conversation__in=unchanged).delete()
    for row in unchanged if not _is_sent(chunk) else ():
        place = places[row.public_id]
        ArchivedConversation.objects.create(**_index(row), chunk=chunk, offset=place.offset, length=place.length)
    chunk.state = ChunkState.COMMITTED.value


def _index(row: Conversation) -> dict[str, Any]:
    return {
        "public_id": row.public_id,
        "site_id": row.site_id,
        "visitor_id": row.visitor_id,
        "department_id": row.department_id,
        "assigned_to_id": row.assigned_to_id,
        "created_at": row.created_at,
        "last_message_at": row.last_message_at,
        "messages": row.last_seq,
        "rating": row.rating,
        "outcome": row.outcome,
        "tags": list(row.tagged.values_list("tag__name", flat=True)),
    }


def _delete(chunk: ArchiveChunk, work: _Work) -> None:
    """What is held since, or was said more in, stays in the primary store and is taken out of the archive's index again."""
    lock_deletions()
    claimed = claimed_by(chunk, lock=True)
    free = set(
        Conversation.objects.filter(pk__in=[row.pk for row in claimed]).exclude(held()).values_list("pk", flat=True)
    )
    gone = [row for row in unchanged_of(chunk, claimed) if row.pk in free]
    kept = [row for row in claimed if row not in gone]
    ArchivedConversation.objects.filter(chunk=chunk, public_id__in=[row.public_id for row in kept]).delete()
    Claim.objects.filter(chunk=chunk).delete()
    if _is_sent(chunk):
        work.found.sent += destroy_sent(gone, chunk=chunk)
    elif gone:
        messages = remove_rows(gone)
        work.found.archived += len(gone)
        record(
            Action.RETENTION_ARCHIVED,
            on=chunk,
            extent=Extent(conversations=len(gone), messages=messages),
            sha256=bytes(chunk.sha256 or b"").hex(),
        )
    else:
        work.store.delete(_name(chunk))
    chunk.state = ChunkState.DELETED.value


def _placed(chunk: ArchiveChunk) -> list[chunks.Placed]:
    return [chunks.Placed(UUID(entry["id"]), entry["offset"], entry["length"]) for entry in chunk.contents]


def _is_sent(chunk: ArchiveChunk) -> bool:
    return chunk.place == Place.SERVER.value


def _store(chunk: ArchiveChunk, work: _Work) -> Store:
    return own_store() if _is_sent(chunk) else work.store


def _name(chunk: ArchiveChunk) -> str:
    if _is_sent(chunk):
        return chunk.object_name
    return name_of(Tenant.objects.values_list("public_id", flat=True).get(), chunk.public_id)


def sweep_objects(store: Store) -> int:
    """Take away objects of which nothing is in the archive's index any more; how many. In scope."""
    indexed = ArchivedConversation.objects.filter(chunk=OuterRef("pk"))
    ours = ArchiveChunk.objects.filter(place=Place.ARCHIVE.value)  # what was sent is the organisation's
    empty = ours.filter(state=ChunkState.DELETED.value, size__gt=0).exclude(Exists(indexed))
    rows = list(empty.select_for_update(skip_locked=True)[:CHUNK])
    for chunk in rows:
        store.delete(_name(chunk))
        chunk.size = 0
        chunk.save(update_fields=["size"])
    return len(rows)


_STEPS: Final = {
    ChunkState.PENDING: _write,
    ChunkState.WRITTEN: _upload,
    ChunkState.UPLOADED: _verify,
    ChunkState.VERIFIED: _commit,
    ChunkState.COMMITTED: _delete,
}
