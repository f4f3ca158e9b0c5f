"""Messages that are part of an act (a first message, "Alice joined"): stored by the ORM in the act's own transaction.

Everything else goes through `chat.live.writer`. Both take their numbers under the lock of the conversation's row, so the two never collide.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chat import sealing
from chat.live.protocol.shapes import Author, Masked, MessageView
from chat.live.protocol.shapes import AuthorKind as WireKind
from chat.models import AuthorKind, Conversation, Message
from chat.unstored import talk
from chat.unstored.store import Away
from security.masking import MaskedText, mask


class SystemCode(StrEnum):
    """What a system message tells; clients may translate it, the text beside it is English."""

    ASSIGNED = "assigned"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    CLOSED = "closed"
    ENDED = "ended"
    REOPENED = "reopened"


def append(
    conversation: Conversation,
    *,
    author: Author,
    text: MaskedText,
    now: datetime,
    client_id: UUID | None = None,
    masked: Sequence[Masked] = (),
    code: SystemCode | None = None,
) -> MessageView:
    """Store one message at the end of a conversation whose row is locked; the row's counters move with it, unsaved ones too."""
    is_visible = author.kind is not WireKind.NOTE
    now = max(now, conversation.last_message_at)  # a clock that was set back does not turn the order round
    message = Message(
        public_id=uuid.uuid4(),
        conversation=conversation,
        seq=conversation.last_seq + 1,
        rev=conversation.last_rev + 1,
        first_rev=conversation.last_rev + 1,
        prev_visible_seq=conversation.last_visible_seq,
        author_kind=AuthorKind(author.kind.value).value,
        author_id=author.id,
        client_id=client_id,
        sent_at=now,
        masked=[entry.json() for entry in masked],
        code=code.value if code else "",
        is_visible=is_visible,
    )
    _put_body(conversation, message, text)
    message.save(force_insert=True)
    conversation.last_seq, conversation.last_rev = message.seq, message.rev
    conversation.last_visible_seq = message.seq if is_visible else conversation.last_visible_seq
    if code is None:
        conversation.last_message_at = now
    if author.kind is WireKind.AGENT and conversation.first_replied_at is None:
        conversation.first_replied_at = now
    conversation.save(update_fields=["last_seq", "last_rev", "last_visible_seq", "last_message_at", "first_replied_at"])
    return MessageView(
        conversation=conversation.public_id,
        id=message.public_id,
        seq=message.seq,
        prev_seq=message.prev_visible_seq,
        rev=message.rev,
        author=author,
        text=text,
        sent_at=now,
        client_id=client_id,
        masked=masked,
        code=message.code or None,
    )


def _put_body(conversation: Conversation, message: Message, text: MaskedText) -> None:
    """Into the row, or, of a conversation of which nothing is stored, into memory. What the system says is no reason for an act to fail."""
    if not conversation.is_unstored:
        message.body = sealing.seal_message(message, text, conversation=conversation.public_id)
        return
    hidden, message.masked = message.masked, []
    try:
        talk.keep_message(conversation, message, text, hidden)
    except Away:
        if not message.code:
            raise


def say(conversation: Conversation, code: SystemCode, text: str, *, now: datetime) -> MessageView:
    """A system message, seen by both sides."""
    return append(conversation, author=Author(WireKind.SYSTEM), text=mask(text), now=now, code=code)
