"""What an organisation's own server is given: transcripts, one a line, and beside them a signed receipt; encrypted to its own key if it has one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from django.db.models import Q

from chat.models import Afterwards, ArchiveChunk, ChunkState, Conversation, OwnServer, Place
from chat.retention import chunks
from chat.retention.content import Read
from chat.retention.purge import destroy_sent
from chat.retention.rules import terms
from chat.retention.servers.alarm import note_failure
from chat.retention.servers.configured import own_store, recipient_of
from chat.retention.stores import Missing, Store
from security.audit import Action, Extent, record
from security.stores.age import sealed_to
from security.stores.store import Failed


class ToServer:
    """See `destination.Destination`."""

    place: ClassVar[Place] = Place.SERVER
    afterwards: ClassVar[frozenset[Afterwards]] = frozenset(one for one in Afterwards if one.is_sent)

    def store(self) -> Store:
        return own_store()

    def name(self, chunk: ArchiveChunk) -> str:
        return chunk.object_name

    def pack(self, chunk: ArchiveChunk, read: Sequence[Read]) -> tuple[bytes, list[chunks.Placed]]:
        """JSON, a conversation a line, under a name that is noted in the chunk."""
        good = [one for one in read if one.content is not None]
        lines = "".join(json.dumps(one.content, ensure_ascii=False, separators=(",", ":")) + "\n" for one in good)
        recipient = recipient_of()
        ending = ".jsonl.age" if recipient else ".jsonl"
        chunk.object_name = f"transcripts/{chunk.created_at.date().isoformat()}-{chunk.public_id.hex}{ending}"
        data = sealed_to(recipient, lines.encode()) if recipient else lines.encode()
        return data, [chunks.Placed(one.row.public_id, 0, 0) for one in good]

    def naming(self, chunk: ArchiveChunk) -> Callable[[], None]:
        """With the receipt beside it."""
        store, name, signed = own_store(), chunk.object_name, chunk.manifest.encode()

        def give_names() -> None:
            receipt = f"{name.partition('.')[0]}.manifest"
            store.named(name)
            store.write(receipt, signed)
            store.named(receipt)

        return give_names

    def note_written(self, chunk: ArchiveChunk) -> None:
        """From here on somebody outside has it, whatever becomes of it here."""
        extent = Extent(
            conversations=len(chunk.contents), messages=sum(entry.get("messages", 0) for entry in chunk.contents)
        )
        sha = bytes(chunk.sha256 or b"").hex()
        record(Action.RETENTION_UPLOADED, on=chunk, extent=extent, sha256=sha, object=chunk.object_name)

    def opening(
        self,
        chunk: ArchiveChunk,  # noqa: ARG002 - as every place is asked
        placed: Sequence[chunks.Placed],  # noqa: ARG002
    ) -> Callable[[bytes], None]:
        """Size and SHA-256 were right; only who has the key opens it."""
        return lambda _: None

    def note_verified(self) -> None:
        """It works again, or still."""
        OwnServer.objects.exclude(failing_since=None).update(failing_since=None, failed_code="", told_at=None)

    def index(self, chunk: ArchiveChunk, placed: Sequence[chunks.Placed], rows: Sequence[Conversation]) -> None:
        """Nothing of it is found here."""

    def remove_from_primary(self, chunk: ArchiveChunk, rows: Sequence[Conversation]) -> None:
        destroy_sent(rows, chunk=chunk)

    def note_failure(self, error: Exception, *, now: datetime) -> None:
        """Where it is the server's fault, and not ours, such as a key that the worker was not given."""
        match error:
            case Failed():
                note_failure(code=error.code, now=now)
            case Missing():
                note_failure(code="missing", now=now)
            case chunks.Damaged():
                note_failure(code="differs", now=now)


def has_work(*, now: datetime) -> bool:
    """Whether anything of the organisation in scope is sent when it is closed, or is on its way to its server and due."""
    if any(term.afterwards is Afterwards.SENT_AT_CLOSE for term in terms(now).values()):
        return True
    waiting = ArchiveChunk.objects.filter(place=Place.SERVER.value).exclude(state=ChunkState.DELETED.value)
    return waiting.filter(Q(next_try_at=None) | Q(next_try_at__lte=now)).exists()
