"""One step of one chunk: what is to be said to a store is made ready, said outside of any transaction, and then noted.

Danger: rows that are deleted while their copy is not what it should be, or that a rule, a hold or a person keeps by now. Rule: a lease stands between the
two transactions, and whoever lost it notes nothing; before anything leaves, and before anything goes, `_to_move` asks again what is due, held and
unchanged, the last time under the locks that who changes a rule and who places a hold take too. Proof: tests/chat/retention/test_run.py,
test_moving.py, test_own_server.py, test_kills.py.

    pending → written → uploaded → verified → committed → deleted
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from chat.models import ArchiveChunk, ArchivedConversation, ChunkState, Claim, Conversation, Place
from chat.retention import chunks, manifest
from chat.retention.claimed import as_read, claimed_by, unchanged_of
from chat.retention.content import Read, read_contents
from chat.retention.destination import Destination
from chat.retention.into_archive import IntoArchive
from chat.retention.rules import held, lock_deletions, lock_rules, still_due
from chat.retention.servers.sending import ToServer
from chat.retention.stores import Missing
from chat.retention.work import Work
from security.scoping import be_patient, tenant_scope
from tenants.models import Tenant

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=10)
"""Longer than all that a step says to a store (`configured.STEP_WITHIN`, 3 minutes): who lost it has stopped speaking."""
_LONGEST_STEP: Final = 300
"""Seconds between two statements: a chunk is packed there."""
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=6)
_FORESEEN: Final = (OSError, Missing, chunks.Damaged)
_OF_OBJECT: Final = ("object_name", "size", "sha256", "manifest", "contents")
_OF_STEP: Final = ("state", "moved_at", "failures", "next_try_at", "leased_until")


@dataclass(frozen=True, slots=True)
class _Act:
    """What is said between two transactions, what was reached by it, and what is noted then."""

    speak: Callable[[], None]
    reached: ChunkState
    note: Callable[[ArchiveChunk], None] = lambda _: None


def advance_one(work: Work, *, only: Place | None = None) -> bool:
    """One step of one chunk that is not finished, in a scope of its own; False where none (of that place) can be moved now."""
    with tenant_scope(work.tenant_id):
        chunk = _leased(work, only)
        if chunk is None:
            return False
        be_patient(_LONGEST_STEP)
        try:
            with transaction.atomic():
                act = _STEPS[ChunkState(chunk.state)](chunk, work)
        except Exception as error:  # noqa: BLE001 - whatever it is, what comes after this chunk is not kept from its day
            _put_off(chunk, error, work)
            return True
        if act is None:
            _moved(chunk, work)
            return True
        chunk.save(update_fields=[*_OF_OBJECT, "leased_until"])
    fault: Exception | None = None
    try:
        act.speak()
    except Exception as error:  # noqa: BLE001 - as above
        fault = error
    with tenant_scope(work.tenant_id):
        _settle(chunk, act, fault, work)
    return True


def _leased(work: Work, only: Place | None) -> ArchiveChunk | None:
    waiting = ArchiveChunk.objects.exclude(state=ChunkState.DELETED.value)
    if only is not None:
        waiting = waiting.filter(place=only.value)
    at = work.clock()
    ready = waiting.filter(
        Q(next_try_at=None) | Q(next_try_at__lte=work.now), Q(leased_until=None) | Q(leased_until__lte=at)
    )
    chunk = ready.order_by("pk").select_for_update(skip_locked=True).first()
    if chunk is not None:
        chunk.leased_until = at + LEASE
    return chunk


def _settle(chunk: ArchiveChunk, act: _Act, fault: Exception | None, work: Work) -> None:
    mine = ArchiveChunk.objects.select_for_update().filter(pk=chunk.pk, leased_until=chunk.leased_until).first()
    if mine is None:
        logger.warning("Chunk %s of the archive was taken up by somebody else meanwhile", chunk.public_id)
    elif fault is not None:
        _put_off(mine, fault, work)
    else:
        act.note(mine)
        mine.state = act.reached.value
        _moved(mine, work)


def _moved(chunk: ArchiveChunk, work: Work) -> None:
    chunk.moved_at, chunk.failures, chunk.next_try_at, chunk.leased_until = work.now, 0, None, None
    chunk.save(update_fields=[*_OF_OBJECT, *_OF_STEP])


def _put_off(chunk: ArchiveChunk, error: Exception, work: Work) -> None:
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
    chunk.next_try_at = work.now + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(chunk.failures - 1, 10))
    chunk.leased_until = None
    chunk.save(update_fields=_OF_STEP)
    _destination(chunk, work).note_failure(error, now=work.now)


def _write(chunk: ArchiveChunk, work: Work) -> _Act | None:
    to, claimed = _destination(chunk, work), claimed_by(chunk)
    digests = as_read(claimed)  # before keys, tags and messages: what changes in between is noticed at the commit
    due = still_due([row.pk for row in claimed], to.afterwards, now=work.now)
    read = read_contents([row for row in claimed if row.pk in due])
    good = [one for one in read if one.content is not None]
    for one in read:
        if one.content is None:
            logger.critical("A conversation cannot be archived: it does not open; conversation=%s", one.row.public_id)
            work.found.failed += 1
            work.unreadable.add(one.row.pk)
    _let_go(chunk, but=[one.row for one in good])
    if not good:
        chunk.state = ChunkState.DELETED.value
        return None
    data, placed = to.pack(chunk, good)
    chunk.contents = [
        {
            "id": str(one.row.public_id),
            "offset": place.offset,
            "length": place.length,
            "messages": _messages(one),
            "as_read": digests[one.row.public_id],
        }
        for one, place in zip(good, placed, strict=True)
    ]
    chunk.size, chunk.sha256 = len(data), sha256(data).digest()
    chunk.manifest = _manifest(chunk, good)
    store, name = to.store(), to.name(chunk)
    return _Act(lambda: store.write(name, data), ChunkState.WRITTEN, to.note_written)


def _messages(one: Read) -> int:
    return len((one.content or {}).get("messages", ()))


def _manifest(chunk: ArchiveChunk, good: Sequence[Read]) -> str:
    seed = settings.AUDIT_SIGNING_KEY()
    if seed is None:
        raise OSError("AUDIT_SIGNING_KEY is the worker's: nothing is archived elsewhere")
    times = sorted(one.content["last_message_at"] for one in good if one.content is not None)
    counts = {
        "conversations": len(good),
        "messages": sum(_messages(one) for one in good),
        "first": times[0],
        "last": times[-1],
    }
    tenant = Tenant.objects.values_list("public_id", flat=True).get()
    return manifest.written(
        seed, tenant=tenant, chunk=chunk.public_id, size=chunk.size, sha256=bytes(chunk.sha256 or b""), counts=counts
    )


def _upload(chunk: ArchiveChunk, work: Work) -> _Act:
    """What a rule, an erasure or masking has changed since it was written gets no name: it is taken away, and the chunk written anew without it."""
    to = _destination(chunk, work)
    if len(_to_move(chunk, claimed_by(chunk), work)) < len(chunk.contents):
        store, name = to.store(), to.name(chunk)
        return _Act(lambda: store.delete(name), ChunkState.PENDING)
    return _Act(to.naming(chunk), ChunkState.UPLOADED)


def _verify(chunk: ArchiveChunk, work: Work) -> _Act:
    """Read it again and open all of it: a copy that cannot be read is none."""
    to = _destination(chunk, work)
    store, name, open_all = to.store(), to.name(chunk), to.opening(chunk, _placed(chunk))
    size, digest = chunk.size, bytes(chunk.sha256 or b"")

    def read_again() -> None:
        data = store.read(name, most=size + 1)
        if len(data) != size or sha256(data).digest() != digest:
            raise chunks.Damaged("The object is not what was written.")
        open_all(data)

    return _Act(read_again, ChunkState.VERIFIED, lambda _: to.note_verified())


def _commit(chunk: ArchiveChunk, work: Work) -> None:
    """What is there as it was copied, and still to go, can be found there from now on; the rest is let go, for another chunk."""
    rows = _to_move(chunk, claimed_by(chunk, lock=True), work)
    _let_go(chunk, but=rows)
    _destination(chunk, work).index(chunk, _placed(chunk), rows)
    chunk.state = ChunkState.COMMITTED.value


def _delete(chunk: ArchiveChunk, work: Work) -> None:
    """What is held since, kept for longer, or was said more in, stays in the primary store and is taken out of the archive's index again."""
    lock_deletions()
    lock_rules()
    claimed = claimed_by(chunk, lock=True)
    free = set(
        Conversation.objects.filter(pk__in=[row.pk for row in claimed]).exclude(held()).values_list("pk", flat=True)
    )
    gone = [row for row in _to_move(chunk, claimed, work) if row.pk in free]
    leaving = {row.pk for row in gone}
    kept = [row.public_id for row in claimed if row.pk not in leaving]
    ArchivedConversation.objects.filter(chunk=chunk, public_id__in=kept).delete()
    Claim.objects.filter(chunk=chunk).delete()
    if gone:
        to = _destination(chunk, work)
        to.remove_from_primary(chunk, gone)
        work.found.count(to.place, len(gone))
    chunk.state = ChunkState.DELETED.value


def _to_move(chunk: ArchiveChunk, claimed: Sequence[Conversation], work: Work) -> list[Conversation]:
    """Those that are as they were copied, and whose rule still says that they go there by now."""
    due = still_due([row.pk for row in claimed], _destination(chunk, work).afterwards, now=work.now)
    return [row for row in unchanged_of(chunk, claimed) if row.pk in due]


def _let_go(chunk: ArchiveChunk, *, but: Sequence[Conversation]) -> None:
    Claim.objects.filter(chunk=chunk).exclude(conversation__in=but).delete()


def _placed(chunk: ArchiveChunk) -> list[chunks.Placed]:
    return [chunks.Placed(UUID(entry["id"]), entry["offset"], entry["length"]) for entry in chunk.contents]


def _destination(chunk: ArchiveChunk, work: Work) -> Destination:
    return ToServer() if chunk.place == Place.SERVER.value else IntoArchive(work.store)


_STEPS: Final[dict[ChunkState, Callable[[ArchiveChunk, Work], _Act | None]]] = {
    ChunkState.PENDING: _write,
    ChunkState.WRITTEN: _upload,
    ChunkState.UPLOADED: _verify,
    ChunkState.VERIFIED: _commit,
    ChunkState.COMMITTED: _delete,
}
