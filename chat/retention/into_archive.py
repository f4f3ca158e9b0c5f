"""Into the platform's archive: each conversation sealed under its own key, which stays, and found by what the index says of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from chat.models import Afterwards, ArchiveChunk, ArchivedConversation, Conversation, ConversationTag, Place
from chat.retention import chunks
from chat.retention.content import Read
from chat.retention.purge import remove_archived
from chat.retention.stores import Store, name_of
from security.crypto import keyring
from security.models import KeySubject
from security.scoping import require_tenant_id
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class IntoArchive:
    """See `destination.Destination`."""

    place: ClassVar[Place] = Place.ARCHIVE
    afterwards: ClassVar[frozenset[Afterwards]] = frozenset({Afterwards.ARCHIVE})
    archive: Store

    def store(self) -> Store:
        return self.archive

    def name(self, chunk: ArchiveChunk) -> str:
        return name_of(Tenant.objects.values_list("public_id", flat=True).get(), chunk.public_id)

    def pack(self, chunk: ArchiveChunk, read: Sequence[Read]) -> tuple[bytes, list[chunks.Placed]]:
        conversations = [(one.row.public_id, one.key, one.content) for one in read if one.content is not None]
        return chunks.pack(require_tenant_id(), chunk.public_id, conversations)

    def naming(self, chunk: ArchiveChunk) -> Callable[[], None]:
        name = self.name(chunk)
        return lambda: self.archive.named(name)

    def note_written(self, chunk: ArchiveChunk) -> None:
        """The archive is the platform's: nothing left it."""

    def opening(self, chunk: ArchiveChunk, placed: Sequence[chunks.Placed]) -> Callable[[bytes], None]:
        tenant_id = require_tenant_id()
        keys = keyring.stored_keys(KeySubject.CONVERSATION, [place.conversation for place in placed])

        def open_all(data: bytes) -> None:
            for place in placed:
                key = keys.get(place.conversation)  # none: erased meanwhile, which the commit notices
                if key is not None:
                    chunks.unpack(data, place, tenant_id=tenant_id, chunk=chunk.public_id, key=key)

        return open_all

    def note_verified(self) -> None:
        """Nobody was told that it failed."""

    def index(self, chunk: ArchiveChunk, placed: Sequence[chunks.Placed], rows: Sequence[Conversation]) -> None:
        places, tags = {place.conversation: place for place in placed}, _tags_of(rows)
        ArchivedConversation.objects.bulk_create(
            ArchivedConversation(
                **_indexed(row),
                tags=tags[row.pk],
                chunk=chunk,
                offset=places[row.public_id].offset,
                length=places[row.public_id].length,
            )
            for row in rows
        )

    def remove_from_primary(self, chunk: ArchiveChunk, rows: Sequence[Conversation]) -> None:
        remove_archived(rows, chunk=chunk)

    def note_failure(self, error: Exception, *, now: datetime) -> None:
        """The log says so, to who runs the platform."""


def _tags_of(rows: Sequence[Conversation]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    tagged = ConversationTag.objects.filter(conversation__in=rows).order_by("tag__name")
    for of, name in tagged.values_list("conversation", "tag__name"):
        found[of].append(name)
    return found


def _indexed(row: Conversation) -> dict[str, Any]:
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
    }
