"""The conversations that belong to a chunk, and whether they are still as they were when they were copied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from chat.models import ArchiveChunk, Conversation, ConversationTag
from security.models import KeySubject, SubjectKey


def claimed_by(chunk: ArchiveChunk, *, lock: bool = False) -> list[Conversation]:
    """What belongs to a chunk, oldest first; those whose rows have gone otherwise are not among them."""
    rows = Conversation.objects.filter(pk__in=chunk.claims.values("conversation")).order_by("pk")
    if lock:
        list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    return list(rows.select_related("site", "visitor", "department", "assigned_to"))


def as_read(conversations: Sequence[Conversation]) -> dict[UUID, str]:
    """What changes as soon as anything of a conversation does: a column (`last_rev` moves with each message), its tags, its key."""
    ids = [row.public_id for row in conversations]
    keys = SubjectKey.objects.filter(kind=KeySubject.CONVERSATION.value, subject_id__in=ids)
    wrapped = {of: bytes(key) for of, key in keys.values_list("subject_id", "wrapped")}
    tags: dict[int, list[int]] = defaultdict(list)
    for of, tag in ConversationTag.objects.filter(conversation__in=conversations).values_list("conversation", "tag"):
        tags[of].append(tag)
    return {
        row.public_id: sha256(
            repr(
                (
                    [getattr(row, field.attname) for field in Conversation._meta.concrete_fields],
                    bytes(row.rating_comment or b""),
                    sorted(tags[row.pk]),
                    wrapped.get(row.public_id),
                )
            ).encode()
        ).hexdigest()
        for row in conversations
    }


def unchanged_of(chunk: ArchiveChunk, claimed: Sequence[Conversation]) -> list[Conversation]:
    """Those that are as they were read into the object; their rows are locked."""
    then, now = {UUID(entry["id"]): entry["as_read"] for entry in chunk.contents}, as_read(claimed)
    return [row for row in claimed if then.get(row.public_id) == now[row.public_id]]
