"""Deleting for good: rows, and the keys without which no copy of them can be read.

Danger: everything here is final. Rule: who calls holds `rules.lock_deletions()`, has asked `held()` after that, and for the day's work the rule too, and
has locked the rows; a visitor's own erasure asks no rule. The event is in the same transaction. Proof: tests/chat/retention/test_run.py,
test_holds.py, test_visitors_rights.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db import connection

from chat.models import ArchiveChunk, ArchivedConversation, Conversation
from security.audit import Action, Extent, record
from security.crypto import keyring
from security.models import KeySubject, SubjectKey
from security.scoping import require_tenant_id

# In one statement for many: a cascade by the ORM reads every row that it deletes, message by message.
_DELETE_MESSAGES: Final = "DELETE FROM chat_message WHERE tenant_id = %s AND conversation_id = ANY(%s)"
_DELETE_REST: Final = (
    "DELETE FROM chat_conversationtag WHERE tenant_id = %s AND conversation_id = ANY(%s)",
    "DELETE FROM chat_claim WHERE tenant_id = %s AND conversation_id = ANY(%s)",
    "DELETE FROM chat_conversation WHERE tenant_id = %s AND id = ANY(%s)",
)


def remove_rows(conversations: Sequence[Conversation]) -> int:
    """Take conversations out of the primary store, their keys stay; how many messages they had."""
    where = (require_tenant_id(), [row.pk for row in conversations])
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_MESSAGES, where)
        messages: int = cursor.rowcount
        for statement in _DELETE_REST:
            cursor.execute(statement, where)
    return messages


def destroy_live(conversations: Sequence[Conversation]) -> int:
    """Conversations of the primary store, with their keys; how many."""
    messages = remove_rows(conversations)
    destroy_keys(row.public_id for row in conversations)
    _record(len(conversations), messages, "primary")
    return len(conversations)


def destroy_archived(conversations: Sequence[ArchivedConversation]) -> int:
    """Conversations of the archive: what lies in its objects opens nowhere any more; how many."""
    ArchivedConversation.objects.filter(pk__in=[row.pk for row in conversations]).delete()
    destroy_keys(row.public_id for row in conversations)
    _record(len(conversations), sum(row.messages for row in conversations), "archive")
    return len(conversations)


def remove_archived(conversations: Sequence[Conversation], *, chunk: ArchiveChunk) -> None:
    """Conversations that the archive has; their keys stay."""
    extent, sha = Extent(conversations=len(conversations), messages=remove_rows(conversations)), _sha(chunk)
    record(Action.RETENTION_ARCHIVED, on=chunk, extent=extent, sha256=sha)


def destroy_sent(conversations: Sequence[Conversation], *, chunk: ArchiveChunk) -> None:
    """Conversations that the organisation's own server has, with their keys: nobody reads them here any more."""
    extent, sha = Extent(conversations=len(conversations), messages=remove_rows(conversations)), _sha(chunk)
    destroy_keys(row.public_id for row in conversations)
    record(Action.RETENTION_SENT, on=chunk, extent=extent, sha256=sha, object=chunk.object_name)


def _sha(chunk: ArchiveChunk) -> str:
    return bytes(chunk.sha256 or b"").hex()


def destroy_keys(conversations: Iterable[UUID]) -> None:
    """What these sealed can be read by nobody: here at once, in other processes within 60 s."""
    ids = list(conversations)
    SubjectKey.objects.filter(kind=KeySubject.CONVERSATION.value, subject_id__in=ids).delete()
    for conversation in ids:
        keyring.forget_subject(require_tenant_id(), KeySubject.CONVERSATION, conversation)


def destroy_visitor_key(visitor: UUID) -> None:
    """What is sealed about this person can be read by nobody, in the trail neither; as `destroy_keys`."""
    SubjectKey.objects.filter(kind=KeySubject.VISITOR.value, subject_id=visitor).delete()
    keyring.forget_subject(require_tenant_id(), KeySubject.VISITOR, visitor)


def _record(conversations: int, messages: int, store: str) -> None:
    record(Action.RETENTION_PURGED, extent=Extent(conversations=conversations, messages=messages), store=store)
