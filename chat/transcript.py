"""Reading what was said: for a client that comes back, for the page before, for a process that missed something.

Danger: a note shown to a visitor, or a message that a client never learns of. Rule: the audience is a filter of the query, not of its result;
`seq` finds what is new and `rev` what was changed. Proof: tests/chat/test_transcript.py. Everything runs inside the tenant's scope, in a fixed
number of queries for any number of messages.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from chat import sealing
from chat.live.protocol.shapes import Author, Masked, MessageView
from chat.live.protocol.shapes import AuthorKind as WireKind
from chat.models import AuthorKind, Conversation, Message, Visitor
from chat.personal import shown_profile
from chat.unstored import talk
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.masking import MaskedText
from security.models import KeySubject
from tenants.models import Membership

logger = logging.getLogger(__name__)

REPLAY: Final = 200
"""How many messages a client that comes back is sent at most; for the rest it asks by `history`."""


EDITED: Final = "edited"
"""The reason of a revision by its author."""


class Audience(StrEnum):
    """Who reads: a visitor sees no notes, and his `prev_seq` leaves them out."""

    VISITOR = "visitor"
    AGENTS = "agents"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and his public id: the author of a message finds his `client_id` in it."""

    audience: Audience
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Messages, oldest first; `more` says that there are older ones in the range that was asked for."""

    messages: Sequence[MessageView]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a message says since `rev`."""

    conversation: UUID
    id: UUID
    seq: int
    rev: int
    text: MaskedText
    masked: Sequence[Masked]
    reason: str
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row as it is now, for the fan-out, which makes each audience's frame of it.

    `message` is as its author would read it as an agent (`prev_seq` counts everything, `client_id` is set). `reason` is set where the row was
    revised after it was posted; `is_new` says that whoever asked did not know it before.
    """

    message: MessageView
    prev_visible_seq: int
    is_visible: bool
    is_new: bool
    reason: str | None


def messages_after(conversation: Conversation, *, seq: int, reader: Reader, limit: int = REPLAY) -> Page:
    """The latest `limit` messages after `seq`."""
    return _page(conversation, _seen_by(reader, conversation).filter(seq__gt=seq), reader, limit)


def messages_before(conversation: Conversation, *, seq: int | None, reader: Reader, limit: int) -> Page:
    """The `limit` messages before `seq`; before the end where that is None."""
    rows = _seen_by(reader, conversation)
    return _page(conversation, rows if seq is None else rows.filter(seq__lt=seq), reader, limit)


def revisions_after(
    conversation: Conversation, *, rev: int, up_to_seq: int, reader: Reader, limit: int = REPLAY
) -> list[Revision]:
    """What was changed since `rev` in the messages that the reader has, those up to `up_to_seq`; the latest `limit`, in the order of `rev`."""
    known = _seen_by(reader, conversation).filter(first_rev__lte=rev, seq__lte=up_to_seq)
    rows = known.filter(rev__gt=rev).order_by("-rev")[:limit]
    transcript = _Opened(conversation, list(rows)[::-1])
    return [transcript.revision(row) for row in transcript.rows]


def changes_after(conversation: Conversation, *, rev: int) -> list[Change]:
    """Every row that is newer than `rev`, in the order of `rev`. A row that was revised since is there once, with its latest."""
    rows = Message.objects.filter(conversation=conversation, rev__gt=rev).order_by("rev")
    return _changes(_Opened(conversation, list(rows)), rev)


def changes_at_hand(
    revised: Sequence[tuple[Conversation, Sequence[Message], int]], keys: Mapping[UUID, bytes]
) -> Iterator[tuple[Conversation, list[Change]]]:
    """As `changes_after`, for rows of many conversations that were just written, each with the `rev` before: names are asked for once."""
    names = _names(row for _, rows, _ in revised for row in rows)
    for conversation, rows, rev in revised:
        opened = _Opened(conversation, rows, key=keys[conversation.public_id], names=names)
        yield conversation, _changes(opened, rev)


def _changes(transcript: _Opened, rev: int) -> list[Change]:
    return [
        Change(
            message=transcript.view(row, prev_seq=row.seq - 1, client_id=row.client_id),
            prev_visible_seq=row.prev_visible_seq,
            is_visible=row.is_visible,
            is_new=row.first_rev > rev,
            reason=row.revised_reason or None,
        )
        for row in transcript.rows
    ]


def _seen_by(reader: Reader, conversation: Conversation) -> QuerySet[Message]:
    rows = Message.objects.filter(conversation=conversation)
    return rows if reader.audience is Audience.AGENTS else rows.filter(is_visible=True)


def _page(conversation: Conversation, rows: QuerySet[Message], reader: Reader, limit: int) -> Page:
    newest_first = list(rows.order_by("-seq")[: limit + 1])
    transcript = _Opened(conversation, newest_first[:limit][::-1])
    views = [transcript.seen_by(reader, row) for row in transcript.rows]
    return Page(views, more=len(newest_first) > limit)


class _Opened:
    """Rows of one conversation with what is needed to show them: its key, and the names of who speaks."""

    def __init__(
        self,
        conversation: Conversation,
        rows: Sequence[Message],
        *,
        key: bytes | None = None,
        names: Mapping[UUID | None, str] | None = None,
    ) -> None:
        self.rows = rows
        self._conversation = conversation.public_id
        if key is None and rows and not conversation.is_unstored:
            key = keyring.existing_key(KeySubject.CONVERSATION, conversation.public_id)
        self._key = key
        self._said = talk.said_in(conversation, rows)
        self._names = self._of_people(conversation) if names is None else names

    def _of_people(self, conversation: Conversation) -> Mapping[UUID | None, str]:
        names = _names(self.rows)
        for told in talk.told_in([conversation]).values():  # one, if nothing of it is stored
            if told.profile.name:
                visitors = {row.author_id for row in self.rows if row.author_kind == AuthorKind.VISITOR.value}
                names |= dict.fromkeys(visitors, told.profile.name)
        return names

    def seen_by(self, reader: Reader, row: Message) -> MessageView:
        return self.view(
            row,
            prev_seq=row.prev_visible_seq if reader.audience is Audience.VISITOR else row.seq - 1,
            client_id=row.client_id if reader.id is not None and reader.id == row.author_id else None,
        )

    def view(self, row: Message, *, prev_seq: int, client_id: UUID | None) -> MessageView:
        text = self._text(row)
        return MessageView(
            conversation=self._conversation,
            id=row.public_id,
            seq=row.seq,
            prev_seq=prev_seq,
            rev=row.rev,
            author=Author(WireKind(row.author_kind), row.author_id, self._names.get(row.author_id, "")),
            text=sealing.GONE if text is None else text,
            sent_at=row.sent_at,
            client_id=client_id,
            masked=self._masked(row),
            code=row.code or None,
            gone=text is None,
            edited=row.revised_reason == EDITED,
        )

    def revision(self, row: Message) -> Revision:
        text = self._text(row)
        return Revision(
            conversation=self._conversation,
            id=row.public_id,
            seq=row.seq,
            rev=row.rev,
            text=sealing.GONE if text is None else text,
            masked=self._masked(row),
            reason=row.revised_reason,
            gone=text is None,
        )

    def _masked(self, row: Message) -> list[Masked]:
        said = self._said.get(row.public_id)
        return [Masked(entry["kind"], entry["count"]) for entry in (row.masked if said is None else said.masked)]

    def _text(self, row: Message) -> MaskedText | None:
        said = self._said.get(row.public_id)
        if said is not None:
            return said.text
        try:
            return sealing.open_with(self._key, row, conversation=self._conversation)
        except Undecryptable:
            return self._text_under_a_newer_key(row)

    def _text_under_a_newer_key(self, row: Message) -> MaskedText | None:
        """A redaction elsewhere replaces the key, and this process may remember the old one; what still does not open was tampered with."""
        self._key = sealing.newest_key(self._conversation)
        try:
            return sealing.open_with(self._key, row, conversation=self._conversation)
        except Undecryptable:
            logger.critical("A message does not open; conversation=%s seq=%s", self._conversation, row.seq)
            return None


def _names(rows: Iterable[Message]) -> dict[UUID | None, str]:
    """Names by the public id of an author; no name for who is no longer there."""
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for row in rows:
        if row.author_id is not None:
            by_kind[row.author_kind].add(row.author_id)
    visitors = by_kind[AuthorKind.VISITOR.value]
    members = by_kind[AuthorKind.AGENT.value] | by_kind[AuthorKind.NOTE.value]
    found: dict[UUID | None, str] = {}
    if visitors:
        keys = keyring.existing_keys(KeySubject.VISITOR, visitors)
        for visitor in Visitor.objects.filter(public_id__in=visitors):
            profile = shown_profile(visitor.public_id, visitor.profile, key=keys.get(visitor.public_id))
            found[visitor.public_id] = profile.name
    if members:
        found.update(Membership.objects.filter(public_id__in=members).values_list("public_id", "name"))
    return found
