"""Conversations in which re-masking found something: locked, seen to be as they were read, and rewritten together.

Danger: what somebody said while they were judged is lost, or lies on under a key that is no more. Rule: all rows of a conversation are sealed anew in
the transaction that renews its key, under its lock, and only as they stand there: what has changed is judged again. Proof: tests/chat/test_remasking.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from chat import events, sealing
from chat.models import Conversation, Message, Status
from chat.services.remasked_conversation import Line, Reading, Unmaskable, judged, stored
from chat.tally import Tally
from security.audit import Action, record
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.crypto.sealed import seal_text
from security.masking import MaskedText, TooLong
from security.models import KeySubject
from security.scoping import require_tenant_id
from tenants.rules import Masking

STAYS: Final = (Unmaskable, Undecryptable, TooLong)
"""Why a conversation stays as it is."""
REASON: Final = "remasked"
_REWRITE: Final = """
UPDATE chat_message m
SET rev = v.rev, body = v.body, masked = v.masked::jsonb,
    revised_at = CASE WHEN v.is_changed THEN %s ELSE m.revised_at END,
    revised_reason = CASE WHEN v.is_changed THEN %s ELSE m.revised_reason END
FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::text[], %s::bool[]) AS v (id, rev, body, masked, is_changed)
WHERE m.tenant_id = %s AND m.id = v.id
"""
"""In one statement: the locks must not be held for as many round trips as there are messages."""

_Change = tuple[Conversation, Reading]


@transaction.atomic
def rewrite(
    readings: Mapping[int, Reading],
    masking: Masking,
    *,
    now: datetime,
    fail: Callable[[Exception, Conversation], None],
) -> list[int]:
    """How many texts of each conversation were changed; `readings` are by its `pk`. The number of queries does not depend on how many they are.

    Locked in the order of their keys: two that rewrite at once cannot wait for each other.
    """
    locked = Conversation.objects.select_for_update(of=("self",)).filter(pk__in=readings).order_by("pk")
    changes: list[_Change] = []
    rows = list(locked)
    as_stored = stored(rows)
    for row in rows:
        found = as_stored[row.pk]
        reading = readings[row.pk]
        # Masking takes long, and who writes there waits for the lock: what still stands as it was read is not judged twice.
        if found != reading.stored:
            try:
                reading = judged(row, found, masking, Tally())
            except STAYS as error:
                fail(error, row)
                continue
        if reading.changes:
            changes.append((row, reading))
    if changes:
        _rewrite(changes, masking, now)
    return [reading.changes for _, reading in changes]


def _rewrite(changes: Sequence[_Change], masking: Masking, now: datetime) -> None:
    keys = keyring.renewed_keys(KeySubject.CONVERSATION, [row.public_id for row, _ in changes])
    before = {row.pk: row.last_rev for row, _ in changes}
    for conversation, reading in changes:
        for line in reading.lines:
            if line.is_changed:
                conversation.last_rev += 1
                line.row.rev = conversation.last_rev
                line.row.masked = _merged(line.row.masked, line.text)
                line.row.revised_at, line.row.revised_reason = now, REASON
    _store([_sealed(line, keys[row.public_id], row) for row, reading in changes for line in reading.lines], now)
    Conversation.objects.bulk_update([row for row, _ in changes], ["last_rev"])
    for conversation, reading in changes:
        _store_fields(conversation, reading, keys[conversation.public_id])
        record(Action.CONVERSATION_REMASKED, on=conversation, messages=reading.changes, version=masking.version)
    told = [(row, _changed_rows(reading), before[row.pk]) for row, reading in changes]
    events.publish_rewritten(told, keys)
    events.publish_states([row.public_id for row, _ in changes if row.status != Status.CLOSED.value])


def _changed_rows(reading: Reading) -> list[Message]:
    return sorted((line.row for line in reading.lines if line.is_changed), key=lambda row: row.rev)


def _sealed(line: Line, key: bytes, conversation: Conversation) -> tuple[Any, ...]:
    line.row.body = seal_text(line.text, key, sealing.place_of(line.row, conversation.public_id))
    return line.row.pk, line.row.rev, bytes(line.row.body), json.dumps(line.row.masked), line.is_changed


def _store(rows: Sequence[tuple[Any, ...]], now: datetime) -> None:
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_REWRITE, [now, REASON, *columns, require_tenant_id()])
        if cursor.rowcount != len(rows):
            raise RuntimeError("a locked conversation has lost messages")


def _store_fields(conversation: Conversation, reading: Reading, key: bytes) -> None:
    """What lies under the key beside messages; few conversations have any."""
    if reading.new_note is None and reading.new_comment is None:
        return
    if reading.new_note is not None:
        conversation.offer_note = sealing.seal_offer_note(conversation, reading.new_note, key=key)
    if reading.new_comment is not None:
        conversation.rating_comment = sealing.seal_rating_comment(conversation, reading.new_comment, key=key)
    conversation.save(update_fields=["offer_note", "rating_comment"])


def _merged(stored: list[dict[str, object]], text: MaskedText) -> list[dict[str, object]]:
    """What was masked before, and what is now."""
    counts = {str(entry["kind"]): int(str(entry["count"])) for entry in stored}
    for entry in text.masked:
        counts[str(entry["kind"])] = counts.get(str(entry["kind"]), 0) + int(entry["count"])
    return [{"kind": kind, "count": count} for kind, count in counts.items()]
