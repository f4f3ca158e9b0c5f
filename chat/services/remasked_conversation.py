"""Conversations, masked again: read together, judged one by one, and those in which something is found rewritten under new keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from chat import sealing
from chat.models import AuthorKind, Conversation, Message
from chat.tally import Tally
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.masking import MaskedText, Stream
from security.masking.splitting.verdicts import HELD
from security.models import KeySubject
from tenants.rules import Masking


class Unmaskable(Exception):
    """The engine failed on a stored text, or left it held. It stays as it is: storing that would destroy what was said, once and for all."""

    KINDS: Final = frozenset({"withheld", HELD})


@dataclass(slots=True)
class Line:
    """A message, as it reads and as it shall read."""

    row: Message
    was: MaskedText
    text: MaskedText

    @property
    def is_changed(self) -> bool:
        return self.text != self.was


@dataclass(frozen=True, slots=True)
class Stored:
    """All that lies under a conversation's key, as it is stored: what was read of it is true as long as this is."""

    key: bytes | None = field(repr=False)
    bodies: Sequence[tuple[int, int, bytes]]
    note: bytes | None
    comment: bytes | None
    rows: Sequence[Message] = field(repr=False, compare=False)


@dataclass(slots=True)
class Reading:
    """All that lies under a conversation's key and can be opened. None is a field that is not set."""

    stored: Stored
    lines: list[Line]
    note: MaskedText | None
    new_note: MaskedText | None
    comment: MaskedText | None
    new_comment: MaskedText | None

    @property
    def changes(self) -> int:
        """How many texts read otherwise."""
        fields = (self.note != self.new_note) + (self.comment != self.new_comment)
        return sum(line.is_changed for line in self.lines) + fields


def stored(conversations: Iterable[Conversation]) -> Mapping[int, Stored | Undecryptable]:
    """What is stored of each, by its `pk`, in two queries; an error where its key was tampered with."""
    asked = list(conversations)
    rows: dict[int, list[Message]] = defaultdict(list)
    for row in Message.objects.filter(conversation__in=asked, body__isnull=False).order_by("conversation_id", "seq"):
        rows[row.conversation_id].append(row)
    keys = keyring.stored_keys(KeySubject.CONVERSATION, [one.public_id for one in asked])
    return {one.pk: _stored(one, rows[one.pk], keys) for one in asked}


def _stored(conversation: Conversation, rows: Sequence[Message], keys: Mapping[UUID, bytes]) -> Stored | Undecryptable:
    try:  # what is missing was destroyed, tampered with, or wrapped under a tenant's key that this process does not know yet
        key = keys.get(conversation.public_id) or sealing.newest_key(conversation.public_id)
    except Undecryptable as error:
        return error
    bodies = [(row.pk, row.rev, bytes(row.body or b"")) for row in rows]
    return Stored(key, bodies, conversation.offer_note, conversation.rating_comment, rows)


def judged(conversation: Conversation, found: Stored | Undecryptable, masking: Masking, tally: Tally) -> Reading:
    """How it reads by the rules, without a query. Unmaskable, Undecryptable or TooLong where it has to stay as it is."""
    if isinstance(found, Undecryptable):
        raise found
    opened = (_opened(row, found.key, conversation.public_id) for row in found.rows)
    lines = [line for line in opened if line is not None]
    _mask_again(lines, masking)
    for line in lines:
        _check(line.text)
        tally.add(line.was, line.text)
    note = sealing.open_note_with(found.key, conversation)
    comment = sealing.open_rating_with(found.key, conversation)
    return Reading(
        found,
        lines,
        note,
        None if note is None else _masked(note, masking, tally, is_agents=True),
        comment,
        None if comment is None else _masked(comment, masking, tally),
    )


def _opened(row: Message, key: bytes | None, conversation: UUID) -> Line | None:
    try:
        was = sealing.open_with(key, row, conversation=conversation)
    except Undecryptable:  # tampered with: nobody can read it, under no key
        return None
    return None if was is None else Line(row, was, was)


def _mask_again(lines: Sequence[Line], masking: Masking) -> None:
    """As they would be masked if they were said now, one after the other: with what was said before, and numbers in pieces joined."""
    stream = Stream(masking.visitors)
    fed: list[Line | None] = []
    for line in lines:
        kind, at = line.row.author_kind, line.row.sent_at.timestamp()
        if kind == AuthorKind.VISITOR.value:
            stream.feed(line.was, "visitor", at)
            fed.append(line)
        elif kind != AuthorKind.SYSTEM.value:
            line.text = masking.masked(line.was, is_agents=True)
            if kind == AuthorKind.AGENT.value:
                stream.feed(line.was, "agent", at)
                fed.append(None)
    stream.settle()
    for said, text in zip(fed, stream.transcript(), strict=True):
        if said is not None:
            said.text = text


def _masked(text: MaskedText, masking: Masking, tally: Tally, *, is_agents: bool = False) -> MaskedText:
    masked = masking.masked(text, is_agents=is_agents)
    _check(masked)
    tally.add(text, masked)
    return masked


def _check(masked: MaskedText) -> None:
    if any(finding.kind in Unmaskable.KINDS for finding in masked.findings):
        raise Unmaskable
