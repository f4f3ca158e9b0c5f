"""The work of one day: what is over is archived and then gone from the primary store, or gone.

Danger: this deletes what customers said. Rule: one function, `over()`, says what is due, to the preview, the dry run and here; nothing is deleted
whose copy was not read again and found to be right, nothing that is held, and nothing that changed since it was copied. Each step can be killed
anywhere, and is done again or not at all; how a chunk goes from step to step stands in `moving`. Proof: tests/chat/retention/test_run.py, which
kills it at each step.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef

from chat.models import Afterwards, ArchiveChunk, ArchivedConversation, ChunkState, Claim, Place
from chat.retention.into_archive import IntoArchive
from chat.retention.moving import advance_one
from chat.retention.purge import destroy_archived, destroy_live
from chat.retention.rules import (
    Kept,
    held,
    lock_deletions,
    lock_rules,
    over,
    over_in_archive,
    over_to_move,
    over_to_purge,
    rules,
    zone_of_tenant,
)
from chat.retention.stores import Store
from chat.retention.visitors.copying import copy_erasures
from chat.retention.work import Found as Found
from chat.retention.work import Work
from security.scoping import tenant_scope
from tenants.services.tenancy import is_closing

CHUNK: Final = 200
"""Conversations of one object, and of one transaction that deletes."""


def run(
    tenant_id: int,
    now: datetime,
    *,
    store: Store,
    goes_on: Callable[[], bool] = lambda: True,
    only_at_close: bool = False,
) -> Found:
    """Do what is due for this tenant at `now`, step by step, each in a scope of its own; stops between two steps once `goes_on` says no.

    `only_at_close`: nothing is begun but what is sent when it is closed, and nothing moved but what goes to the organisation's own server.
    """
    with tenant_scope(tenant_id):
        if not only_at_close:  # what is sent is not of what we keep
            lock_deletions()  # who begins to close the account holds it: he sees who is at work, or is seen
        if is_closing():
            return Found()
    work, only = Work(tenant_id, now, store), Place.SERVER if only_at_close else None
    for choose in (_send_closed,) if only_at_close else (_archive, _send, _send_closed, _purge, _purge_archive):
        is_more = True
        while is_more and goes_on():
            while goes_on() and advance_one(work, only=only):  # what an earlier run has begun comes first
                pass
            with tenant_scope(tenant_id):
                is_more = choose(work)
    if only_at_close:
        return work.found
    sweep_objects(tenant_id, store)
    copy_erasures(tenant_id, store, now=now)
    with tenant_scope(tenant_id):
        work.found.held = sum(_held(kept, now) for kept in rules())
    return work.found


def _held(kept: Kept, now: datetime) -> int:
    zone = zone_of_tenant()
    live = over(kept, now=now, zone=zone).filter(held()).count()
    return live + over_in_archive(kept, now=now, zone=zone).filter(held()).count()


def _archive(work: Work) -> bool:
    return _choose(work, Afterwards.ARCHIVE, Place.ARCHIVE)


def _send(work: Work) -> bool:
    return _choose(work, Afterwards.SENT, Place.SERVER)


def _send_closed(work: Work) -> bool:
    return _choose(work, Afterwards.SENT_AT_CLOSE, Place.SERVER)


def _choose(work: Work, afterwards: Afterwards, place: Place) -> bool:
    """Choose conversations for one more chunk; while a server does not take what is on its way, it is offered no more."""
    zone, waits = zone_of_tenant(), ArchiveChunk.objects.filter(place=place.value, failures__gt=0)
    if place is Place.SERVER and waits.exclude(state=ChunkState.DELETED.value).exists():
        return False
    for kept in rules():
        if kept.afterwards is not afterwards:
            continue
        free = over_to_move(kept, now=work.now, zone=zone).exclude(held()).exclude(pk__in=work.unreadable)
        rows = free.select_for_update(skip_locked=True, of=("self",))
        chosen = list(rows.values_list("pk", flat=True)[:CHUNK])
        if chosen:
            chunk = ArchiveChunk.objects.create(place=place.value, created_at=work.now, moved_at=work.now)
            Claim.objects.bulk_create([Claim(conversation_id=pk, chunk=chunk) for pk in chosen])
            return True
    return False


def _purge(work: Work) -> bool:
    lock_deletions()
    lock_rules()
    zone = zone_of_tenant()
    for kept in rules():
        free = over_to_purge(kept, now=work.now, zone=zone).exclude(held())
        chosen = list(free.select_for_update(skip_locked=True, of=("self",))[:CHUNK])
        if chosen:
            work.found.purged += destroy_live(chosen)
            return True
    return False


def _purge_archive(work: Work) -> bool:
    lock_deletions()
    lock_rules()
    zone = zone_of_tenant()
    for kept in rules():
        free = over_in_archive(kept, now=work.now, zone=zone).exclude(held())
        chosen = list(free.select_for_update(skip_locked=True, of=("self",))[:CHUNK])
        if chosen:
            work.found.purged += destroy_archived(chosen)
            return True
    return False


def sweep_objects(tenant_id: int, store: Store) -> int:
    """Take away objects of which nothing is in the archive's index any more; how many. Killed in between, it is done again."""
    to = IntoArchive(store)
    with tenant_scope(tenant_id):
        indexed = ArchivedConversation.objects.filter(chunk=OuterRef("pk"))
        ours = ArchiveChunk.objects.filter(place=Place.ARCHIVE.value)  # what was sent is the organisation's
        empty = ours.filter(state=ChunkState.DELETED.value, size__gt=0).exclude(Exists(indexed))
        names = {chunk.pk: to.name(chunk) for chunk in empty[:CHUNK]}
    for name in names.values():
        store.delete(name)
    with tenant_scope(tenant_id):
        ArchiveChunk.objects.filter(pk__in=names).update(size=0)
    return len(names)
