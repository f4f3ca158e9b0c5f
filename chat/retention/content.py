"""A conversation as it lies in the archive, and back: every column, its messages opened, so that it can be read without the primary store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.dateparse import parse_datetime

from chat import sealing
from chat.models import Conversation, ConversationTag, Message, Tag
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.masking import MaskedText
from security.masking.text import trusted
from security.models import KeySubject

VERSION: Final = 1
_TIMES: Final = (
    "created_at",
    "waiting_since",
    "assigned_at",
    "first_assigned_at",
    "first_replied_at",
    "last_message_at",
    "closed_at",
)
_NUMBERS: Final = ("last_seq", "last_rev", "last_visible_seq", "visitor_read_seq", "agent_read_seq", "rating")
_MESSAGE_TIMES: Final = ("sent_at", "revised_at")
_MESSAGE_IDS: Final = ("public_id", "author_id", "client_id")
_MESSAGE_REST: Final = (
    "seq", "rev", "first_rev", "prev_visible_seq", "author_kind", "revised_reason", "masked", "code", "is_visible",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """A conversation with its key and all that is in it; None where that does not open, or has no key any more."""

    row: Conversation
    key: bytes
    content: dict[str, Any] | None


def read_contents(conversations: Sequence[Conversation]) -> list[Read]:
    """All of each, for `chunks.pack`, by three queries however many there are; the rows must come with their people.

    What does not open was tampered with, or erased: it stays where it is for somebody to look at, and hides no other.
    """
    keys = keyring.stored_keys(KeySubject.CONVERSATION, [row.public_id for row in conversations])
    messages: dict[int, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(conversation__in=conversations).order_by("conversation", "seq"):
        messages[message.conversation_id].append(message)
    tags: dict[int, list[str]] = defaultdict(list)
    tagged = ConversationTag.objects.filter(conversation__in=conversations).order_by("tag__name")
    for of, name in tagged.values_list("conversation", "tag__name"):
        tags[of].append(name)
    found = []
    for row in conversations:
        key = keys.get(row.public_id)
        is_there = key is not None or row.is_unstored  # of that there is no text, and so no key
        content = _content(row, key, messages[row.pk], tags[row.pk]) if is_there else None
        found.append(Read(row, key or b"", content))
    return found


def _content(
    conversation: Conversation, key: bytes | None, rows: Sequence[Message], tags: Sequence[str]
) -> dict[str, Any] | None:
    try:
        comment = sealing.open_rating_with(key, conversation)
        messages = [_message(row, key, conversation.public_id) for row in rows]
    except Undecryptable:
        return None
    return {
        "version": VERSION,
        "id": str(conversation.public_id),
        "site": str(conversation.site.public_id),
        "visitor": str(conversation.visitor.public_id),
        "department": _id(conversation.department),
        "assigned_to": _id(conversation.assigned_to),
        "outcome": conversation.outcome,
        **{name: _time(getattr(conversation, name)) for name in _TIMES},
        **{name: getattr(conversation, name) for name in _NUMBERS},
        "rating_comment": None if comment is None else str(comment),
        **({"nothing_is_stored": True} if conversation.is_unstored else {}),
        "tags": list(tags),
        "messages": messages,
    }


def _message(row: Message, key: bytes | None, conversation: UUID) -> dict[str, Any]:
    text = sealing.open_with(key, row, conversation=conversation)
    return {
        **{name: getattr(row, name) for name in _MESSAGE_REST},
        **{name: _uuid(getattr(row, name)) for name in _MESSAGE_IDS},
        **{name: _time(getattr(row, name)) for name in _MESSAGE_TIMES},
        "text": None if text is None else str(text),
    }


def restored(
    content: dict[str, Any], *, people: dict[str, int | None], key: bytes, kept_until: datetime
) -> Conversation:
    """Rows of the primary store as they were; `people` names the primary keys that the row refers to. In the caller's transaction."""
    conversation = Conversation(
        public_id=UUID(content["id"]),
        status="closed",
        outcome=content["outcome"],
        kept_until=kept_until,
        **people,
        **{name: _parsed(content[name]) for name in _TIMES},
        **{name: content[name] for name in _NUMBERS},
    )
    conversation.save(force_insert=True)
    if content["rating_comment"] is not None:
        conversation.rating_comment = sealing.seal_rating_comment(conversation, trusted(content["rating_comment"]))
        conversation.save(update_fields=["rating_comment"])
    Message.objects.bulk_create([_row(conversation, entry, key) for entry in content["messages"]], batch_size=500)
    for name in content["tags"]:
        tag, _ = Tag.objects.get_or_create(name=name)
        ConversationTag.objects.create(conversation=conversation, tag=tag)
    return conversation


def _row(conversation: Conversation, entry: dict[str, Any], key: bytes) -> Message:
    row = Message(
        conversation=conversation,
        **{name: entry[name] for name in _MESSAGE_REST},
        **{name: None if entry[name] is None else UUID(entry[name]) for name in _MESSAGE_IDS},
        **{name: _parsed(entry[name]) for name in _MESSAGE_TIMES},
    )
    if entry["text"] is not None:
        row.body = sealing.seal_with(key, row, text_of(entry), conversation=conversation.public_id)
    return row


def text_of(entry: dict[str, Any]) -> MaskedText:
    """What a message in the archive says; it was masked before it was stored, and only what is stored comes here."""
    return trusted(entry["text"] or "")


def _id(row: Any) -> str | None:
    return None if row is None else str(row.public_id)


def _uuid(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _parsed(value: str | None) -> datetime | None:
    return None if value is None else parse_datetime(value)
