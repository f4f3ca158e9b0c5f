"""Conversations that were closed long ago, and what is left of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chat import sealing
from chat.models import ArchivedConversation, Conversation, ConversationTag, Message, Status, Tag
from chat.retention import chunks
from chat.retention.stores import name_of
from security.crypto import keyring
from security.masking import mask
from security.models import KeySubject
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tenants.models import Department
from tests.cast import Organisation

from ..masking_cast import talk

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=800)


def closed(of: Organisation, *texts: str, last: datetime = LONG_AGO, department: str | None = None) -> UUID:
    """A conversation of these messages, closed, rated and tagged, whose last one was sent then."""
    public_id = talk(of, *texts)
    with tenant_scope(of.tenant_id):
        row = Conversation.objects.get(public_id=public_id)
        row.status, row.rating, row.outcome = Status.CLOSED.value, 4, "resolved"
        row.created_at = row.last_message_at = row.closed_at = last
        if department is not None:
            row.department = Department.objects.get(name=department)
        row.rating_comment = sealing.seal_rating_comment(row, mask("Thank you"))
        row.save()
        Message.objects.filter(conversation=row).update(sent_at=last)
        tag, _ = Tag.objects.get_or_create(name="billing")
        ConversationTag.objects.create(conversation=row, tag=tag)
    return public_id


def live(of: Organisation) -> dict[UUID, list[str]]:
    """What is in the primary store, opened."""
    with tenant_scope(of.tenant_id):
        return {
            row.public_id: [
                str(sealing.open_message(message, conversation=row.public_id))
                for message in Message.objects.filter(conversation=row).order_by("seq")
            ]
            for row in Conversation.objects.all()
        }


def archived(of: Organisation, archive: Folder) -> dict[UUID, list[str]]:
    """What is in the archive, opened by its index."""
    return {
        public_id: [entry["text"] for entry in content["messages"]]
        for public_id, content in contents(of, archive).items()
    }


def contents(of: Organisation, archive: Folder) -> dict[UUID, dict[str, Any]]:
    found = {}
    with tenant_scope(of.tenant_id):
        for row in ArchivedConversation.objects.select_related("chunk"):
            key = keyring.stored_key(KeySubject.CONVERSATION, row.public_id)
            assert key is not None
            sealed = archive.read(name_of(of.public_id, row.chunk.public_id), offset=row.offset, most=row.length)
            found[row.public_id] = chunks.unseal(
                sealed, tenant_id=of.tenant_id, chunk=row.chunk.public_id, conversation=row.public_id, key=key
            )
    return found
