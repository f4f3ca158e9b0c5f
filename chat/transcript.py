"""Reading a conversation: pages, what a client has missed, what the fan-out has missed. Only rows are chosen here; who may ask is `chat.access`.

Danger: a note in a visitor's transcript. Rule: each reading names its audience, and a visitor's sees rows with `is_visible` alone. Proof:
tests/chat/test_transcript.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet

from chat import sealing
from chat.live.protocol import server
from chat.live.protocol.shapes import Author, Masked, MessageView
from chat.live.protocol.shapes import AuthorKind as WireKind
from chat.models import AuthorKind, Conversation, Message
from chat.personal import open_profile
from security.crypto import keyring
from security.models import KeySubject
from tenants.models import Membership

REPLAYED = 200
"""So many missed messages are sent at most (PROTOCOL §2, `hello`); older ones are asked for by `history`."""


class Audience(StrEnum):
    """Who reads."""

    VISITOR = "visitor"
    AGENTS = "agents"


@dataclass(frozen=True, slots=True)
class Page:
    """Messages, oldest first; `has_more` says that there are older ones."""

    messages: Sequence[MessageView]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with what the fan-out needs to know of it; `is_revision` for one that was known before it was changed."""

    view: MessageView
    visible_prev_seq: int
    is_visible: bool
    is_revision: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Newer:
    """Everything after some `rev`, in the order of `rev`, complete up to `last_rev`."""

    entries: Sequence[Entry]
    last_rev: int


def page(conversation: Conversation, *, before_seq: int | None, limit: int, audience: Audience) -> Page:
    """The page before `before_seq`; without one, the latest."""
    rows = _readable(conversation, audience)
    if before_seq is not None:
        rows = rows.filter(seq__lt=before_seq)
    return _latest(conversation, rows, limit, audience)


def after(conversation: Conversation, *, seq: int, audience: Audience) -> Page:
    """The messages after `seq`; of more than 200 the latest."""
    return _latest(conversation, _readable(conversation, audience).filter(seq__gt=seq), REPLAYED, audience)


def revised_after(conversation: Conversation, *, seq: int, rev: int, audience: Audience) -> list[Entry]:
    """Messages up to `seq` that say something else since `rev`, in the order of `rev`."""
    rows = _readable(conversation, audience).filter(seq__lte=seq, rev__gt=rev, revised_at__isnull=False)
    return _entries(conversation, rows.order_by("rev")[:REPLAYED], after_rev=rev)


def newer(*, conversation: UUID, after_rev: int) -> Newer:
    """What the fan-out of a process has missed. Rows that were revised several times come once, as they are now."""
    row = Conversation.objects.select_related("visitor").get(public_id=conversation)
    rows = Message.objects.filter(conversation=row, rev__gt=after_rev, rev__lte=row.last_rev).order_by("rev")
    return Newer(_entries(row, rows, after_rev=after_rev), row.last_rev)


def revised_frame(entry: Entry) -> bytes:
    """The `revised` frame of an entry."""
    view = entry.view
    return server.revised(
        conversation=view.conversation,
        id=view.id,
        seq=view.seq,
        rev=view.rev,
        text=view.text,
        masked=view.masked,
        reason=entry.reason,
        gone=view.gone,
    )


def _readable(conversation: Conversation, audience: Audience) -> QuerySet[Message]:
    rows = Message.objects.filter(conversation=conversation)
    return rows if audience is Audience.AGENTS else rows.filter(is_visible=True)


def _latest(conversation: Conversation, rows: QuerySet[Message], limit: int, audience: Audience) -> Page:
    found = list(rows.order_by("-seq")[: limit + 1])
    entries = _entries(conversation, reversed(found[:limit]), after_rev=0)
    views = [
        entry.view.seen(prev_seq=entry.visible_prev_seq if audience is Audience.VISITOR else entry.view.seq - 1)
        for entry in entries
    ]
    return Page(views, len(found) > limit)


def _entries(conversation: Conversation, rows: Iterable[Message], *, after_rev: int) -> list[Entry]:
    found = list(rows)
    key = keyring.existing_key(KeySubject.CONVERSATION, conversation.public_id)
    names = _names(conversation, found)
    return [_entry(row, conversation.public_id, key, names, after_rev) for row in found]


def _entry(
    row: Message, conversation: UUID, key: bytes | None, names: dict[UUID, str], after_rev: int
) -> Entry:
    text = sealing.open_with(row, conversation=conversation, key=key)
    author = Author(WireKind(row.author_kind), row.author_id, names.get(row.author_id, "") if row.author_id else "")
    view = MessageView(
        conversation=conversation,
        id=row.public_id,
        seq=row.seq,
        prev_seq=row.seq - 1,
        rev=row.rev,
        author=author,
        text=sealing.GONE if text is None else text,
        sent_at=row.sent_at,
        masked=[Masked(entry["kind"], entry["count"]) for entry in row.masked],
        code=row.code or None,
        gone=text is None,
    )
    return Entry(view, row.prev_visible_seq, row.is_visible, row.first_rev <= after_rev, row.revised_reason)


def _names(conversation: Conversation, rows: Sequence[Message]) -> dict[UUID, str]:
    """Authors' names by public id: the visitor's own, and those of members, gone ones included."""
    visitor = conversation.visitor
    agents = {row.author_id for row in rows if row.author_kind in (AuthorKind.AGENT.value, AuthorKind.NOTE.value)}
    names = dict(Membership.objects.filter(public_id__in=agents).values_list("public_id", "name")) if agents else {}
    if any(row.author_kind == AuthorKind.VISITOR.value for row in rows):
        names[visitor.public_id] = open_profile(visitor.public_id, visitor.profile).name
    return names
