"""One conversation, masked again: read, and where something is found rewritten under a new key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from django.db import connection, transaction

from chat import events, sealing
from chat.models import AuthorKind, Conversation, Message, Status
from chat.tally import Tally
from security.audit import Action, record
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.crypto.sealed import seal_text
from security.masking import MaskedText, Stream
from security.masking.splitting.verdicts import HELD
from security.models import KeySubject
from security.scoping import require_tenant_id
from tenants.rules import Masking

REASON: Final = "remasked"
_REWRITE: Final = """
UPDATE chat_message m
SET rev = v.rev, body = v.body, masked = v.masked::jsonb,
    revised_at = CASE WHEN v.is_changed THEN %s ELSE m.revised_at END,
    revised_reason = CASE WHEN v.is_changed THEN %s ELSE m.revised_reason END
FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::text[], %s::bool[]) AS v (id, rev, body, masked, is_changed)
WHERE m.tenant_id = %s AND m.id = v.id
"""
"""In one statement: the lock of a long conversation must not be held for as many round trips as it has messages."""


class Unmaskable(Exception):
    """The engine failed on a stored text, or left it held. It stays as it is: storing that would destroy what was said, once and for all."""

    KINDS: Final = frozenset({"withheld", HELD})


@dataclass(slots=True)
class _Line:
    """A message, as it reads and as it shall read."""

    row: Message
    was: MaskedText
    text: MaskedText

    @property
    def is_changed(self) -> bool:
        return self.text != self.was


@dataclass(frozen=True, slots=True)
class _Stored:
    """All that lies under a conversation's key, as it is stored: what was read of it is true as long as this is."""

    key: bytes | None = field(repr=False)
    bodies: Sequence[tuple[int, int, bytes]]
    note: bytes | None
    comment: bytes | None

    @classmethod
    def of(cls, conversation: Conversation, rows: Sequence[Message]) -> Self:
        bodies = [(row.pk, row.rev, bytes(row.body or b"")) for row in rows]
        key = sealing.newest_key(conversation.public_id)
        return cls(key, bodies, conversation.offer_note, conversation.rating_comment)


@dataclass(slots=True)
class _Reading:
    """All that lies under a conversation's key and can be opened. None is a field that is not set."""

    stored: _Stored
    lines: list[_Line]
    note: MaskedText | None
    new_note: MaskedText | None
    comment: MaskedText | None
    new_comment: MaskedText | None

    @property
    def changes(self) -> int:
        """How many texts read otherwise."""
        fields = (self.note != self.new_note) + (self.comment != self.new_comment)
        return sum(line.is_changed for line in self.lines) + fields


def remask_conversation(
    conversation: Conversation, masking: Masking, tally: Tally, *, is_trial: bool, now: datetime
) -> int:
    """How many of its texts were changed, or would be in a trial. Nothing is locked or written where nothing is found."""
    found = _read(conversation, masking, tally)
    if is_trial or not found.changes:
        return found.changes
    with transaction.atomic():
        locked = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
        # Masking takes long, and who writes there waits for the lock: what still stands as it was read is not judged twice.
        if _Stored.of(locked, _rows(locked)) != found.stored:
            found = _read(locked, masking, Tally())
        if found.changes:
            _rewrite(locked, found, now)
            record(Action.CONVERSATION_REMASKED, on=locked, messages=found.changes, version=masking.version)
    return found.changes


def _rows(conversation: Conversation) -> list[Message]:
    return list(Message.objects.filter(conversation=conversation, body__isnull=False).order_by("seq"))


def _read(conversation: Conversation, masking: Masking, tally: Tally) -> _Reading:
    rows = _rows(conversation)
    stored = _Stored.of(conversation, rows)
    lines = [line for row in rows if (line := _opened(row, stored.key, conversation.public_id)) is not None]
    _mask_again(lines, masking)
    for line in lines:
        _check(line.text)
        tally.add(line.was, line.text)
    note, comment = sealing.open_offer_note(conversation), sealing.open_rating_comment(conversation)
    return _Reading(
        stored,
        lines,
        note,
        None if note is None else _masked(note, masking, tally, is_agents=True),
        comment,
        None if comment is None else _masked(comment, masking, tally),
    )


def _opened(row: Message, key: bytes | None, conversation: UUID) -> _Line | None:
    try:
        was = sealing.open_with(key, row, conversation=conversation)
    except Undecryptable:  # tampered with: nobody can read it, under no key
        return None
    return None if was is None else _Line(row, was, was)


def _mask_again(lines: Sequence[_Line], masking: Masking) -> None:
    """As they would be masked if they were said now, one after the other: with what was said before, and numbers in pieces joined."""
    stream = Stream(masking.visitors)
    fed: list[_Line | None] = []
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


def _rewrite(conversation: Conversation, found: _Reading, now: datetime) -> None:
    """Everything under a new key, in the caller's transaction and under the conversation's lock."""
    before = conversation.last_rev
    key = keyring.renewed_key(KeySubject.CONVERSATION, conversation.public_id)
    for line in found.lines:
        if line.is_changed:
            conversation.last_rev += 1
            line.row.rev = conversation.last_rev
            line.row.masked = _merged(line.row.masked, line.text)
    _store(found.lines, key, conversation, now)
    if found.new_note is not None:
        conversation.offer_note = sealing.seal_offer_note(conversation, found.new_note)
    if found.new_comment is not None:
        conversation.rating_comment = sealing.seal_rating_comment(conversation, found.new_comment)
    conversation.save(update_fields=["last_rev", "offer_note", "rating_comment"])
    events.publish_revised(conversation, after_rev=before)
    if conversation.status != Status.CLOSED.value:
        events.publish_states([conversation.public_id])


def _store(lines: Sequence[_Line], key: bytes, conversation: Conversation, now: datetime) -> None:
    public_id = conversation.public_id
    rows = [
        (
            line.row.pk,
            line.row.rev,
            bytes(seal_text(line.text, key, sealing.place_of(line.row, public_id))),
            json.dumps(line.row.masked),
            line.is_changed,
        )
        for line in lines
    ]
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_REWRITE, [now, REASON, *columns, require_tenant_id()])
        if cursor.rowcount != len(rows):
            raise RuntimeError("a locked conversation has lost messages")


def _merged(stored: list[dict[str, object]], text: MaskedText) -> list[dict[str, object]]:
    """What was masked before, and what is now."""
    counts = {str(entry["kind"]): int(str(entry["count"])) for entry in stored}
    for entry in text.masked:
        counts[str(entry["kind"])] = counts.get(str(entry["kind"]), 0) + int(entry["count"])
    return [{"kind": kind, "count": count} for kind, count in counts.items()]
