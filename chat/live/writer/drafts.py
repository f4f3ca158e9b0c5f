"""Messages and revisions as they will be stored: numbered, sealed, and as their senders learn of them. No I/O."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from chat.live.protocol.shapes import AuthorKind, Masked, MessageView
from chat.live.writer.item import Item
from chat.live.writer.keys import ConversationKeys
from chat.live.writer.orders import LockedConversation, Post, Posted, Revise, Revised, masked_in
from chat.live.writer.reading import Known, Target
from chat.live.writer.tail import Place
from chat.models import Status
from chat.sealing import GONE, body_place
from chat.unstored import memory
from security.crypto.sealed import SealedText, open_text, seal_text
from security.masking import MaskedText

Row = tuple[Any, ...]
Columns = tuple[SealedText | None, str]
_BODY: Final = 9  # its column in `statements.INSERT`; the masked list stands behind it


@dataclass(slots=True)
class Ledger:
    """One conversation's key, and its counters as they will be written."""

    row: LockedConversation
    key: bytes = field(repr=False)
    last_seq: int
    last_rev: int
    last_visible_seq: int
    last_message_at: datetime
    replied_at: datetime | None = None
    unstored: dict[UUID, bytes] | None = None
    """By message, sealed, what is kept in memory instead of in rows; None where it is stored."""

    @classmethod
    def of(cls, row: LockedConversation, key: bytes) -> Self:
        unstored: dict[UUID, bytes] | None = {} if row.is_unstored else None
        counters = (row.last_seq, row.last_rev, row.last_visible_seq, row.last_message_at)
        return cls(row, key, *counters, unstored=unstored)

    @property
    def is_changed(self) -> bool:
        return self.last_rev != self.row.last_rev


def draft_post(ledger: Ledger, item: Item, order: Post, now: datetime) -> tuple[Posted, Row]:
    """The next message of the conversation, and its row in the columns of `statements.INSERT`."""
    message = _next_message(ledger, item, order, now)
    is_visible = order.author.kind is not AuthorKind.NOTE
    said = _said(ledger, order.tenant_id, message)
    ledger.last_seq, ledger.last_rev, ledger.last_message_at = message.seq, message.rev, message.sent_at
    if is_visible:
        ledger.last_visible_seq = message.seq
    if order.author.kind is AuthorKind.AGENT and ledger.replied_at is None:
        ledger.replied_at = message.sent_at
    who = (order.author.kind.value, order.author.id, order.client_id)
    numbers = (ledger.row.pk, message.seq, message.rev, message.prev_seq)
    return (
        Posted(
            tenant_id=order.tenant_id,
            message=message,
            status=ledger.row.status,
            is_visible=is_visible,
            origin=order.origin,
        ),
        (message.id, *numbers, *who, message.sent_at, *said, is_visible),
    )


def _next_message(ledger: Ledger, item: Item, order: Post, now: datetime) -> MessageView:
    return MessageView(
        conversation=order.conversation,
        id=item.message_id,
        seq=ledger.last_seq + 1,
        prev_seq=ledger.last_visible_seq,
        rev=ledger.last_rev + 1,
        author=order.author,
        text=order.text,
        sent_at=max(now, ledger.last_message_at),  # a clock that was set back must not turn messages round
        client_id=order.client_id,
        masked=masked_in(order.text),
    )


def redraft(ledger: Ledger, posted: Posted, row: Row, text: MaskedText, masked: Sequence[Masked]) -> tuple[Posted, Row]:
    """A message of this very turn with another text: nobody has seen the first one, so the numbers stay."""
    message = replace(posted.message, text=text, masked=tuple(masked))
    said = _said(ledger, posted.tenant_id, message)
    return replace(posted, message=message), (*row[:_BODY], *said, *row[_BODY + 2 :])


def draft_revision(ledger: Ledger, order: Revise, target: Target, now: datetime) -> tuple[Revised, Row]:
    """The new text of `target`, and its row in the columns of `statements.REVISE`."""
    place = Place(
        order.conversation,
        order.message,
        target.seq,
        target.author_kind,
        target.author_id,
        target.is_visible,
    )
    new = NewText(order.text, masked_in(order.text), order.reason, order.origin)
    return draft_change(ledger, order.tenant_id, place, new, now)


@dataclass(frozen=True, slots=True)
class NewText:
    """What a message says from now on, and why."""

    text: MaskedText
    masked: Sequence[Masked]
    reason: str
    origin: object = None


def draft_change(ledger: Ledger, tenant_id: int, place: Place, new: NewText, now: datetime) -> tuple[Revised, Row]:
    """The message at `place` with a new text, and its row in the columns of `statements.REVISE`."""
    rev = ledger.last_rev + 1
    sealed_at = body_place(
        tenant_id=tenant_id,
        conversation=place.conversation,
        message=place.message,
        seq=place.seq,
        rev=rev,
        author_kind=place.author_kind,
    )
    said = _columns(ledger, place.message, new.text, new.masked, sealed_at)
    ledger.last_rev = rev
    revised = Revised(
        tenant_id=tenant_id,
        conversation=place.conversation,
        id=place.message,
        seq=place.seq,
        rev=rev,
        text=new.text,
        masked=tuple(new.masked),
        reason=new.reason,
        status=ledger.row.status,
        is_visible=place.is_visible,
        origin=new.origin,
    )
    return revised, (place.message, rev, *said, now, new.reason)


def recalled(order: Post, known: Known, keys: ConversationKeys, *, is_duplicate: bool) -> Posted:
    """The message that was stored under the idempotency key of `order` before, with its present text and `rev`."""
    text = _known_text(order, known, keys)
    message = MessageView(
        conversation=known.conversation,
        id=known.id,
        seq=known.seq,
        prev_seq=known.prev_visible_seq,
        rev=known.rev,
        author=order.author,
        text=GONE if text is None else text,
        sent_at=known.sent_at,
        client_id=order.client_id,
        masked=[Masked(entry["kind"], entry["count"]) for entry in known.masked],
        gone=text is None,
    )
    return Posted(
        tenant_id=order.tenant_id,
        message=message,
        status=Status(known.status),
        is_visible=known.is_visible,
        is_duplicate=is_duplicate,
        origin=order.origin,
    )


def _said(ledger: Ledger, tenant_id: int, message: MessageView) -> Columns:
    """The text of a message, for its place alone."""
    place = body_place(
        tenant_id=tenant_id,
        conversation=message.conversation,
        message=message.id,
        seq=message.seq,
        rev=message.rev,
        author_kind=message.author.kind.value,
    )
    return _columns(ledger, message.id, message.text, message.masked, place)


def _columns(ledger: Ledger, message: UUID, text: MaskedText, masked: Sequence[Masked], place: bytes) -> Columns:
    """The body and the list beside it. Of a conversation of which nothing is stored both are empty, and the ledger has them for the memory."""
    if ledger.unstored is None:
        return seal_text(text, ledger.key, place), _json(masked)
    ledger.unstored[message] = memory.sealed(text, [entry.json() for entry in masked], ledger.key, place)
    return None, "[]"


def _known_text(order: Post, known: Known, keys: ConversationKeys) -> MaskedText | None:
    if known.text is not None:
        return known.text
    if known.body is None or known.wrapped is None:
        return None
    place = body_place(
        tenant_id=order.tenant_id,
        conversation=known.conversation,
        message=known.id,
        seq=known.seq,
        rev=known.rev,
        author_kind=order.author.kind.value,
    )
    return open_text(known.body, keys.unwrapped(order.tenant_id, known.conversation, known.wrapped), place)


def _json(masked: Sequence[Masked]) -> str:
    return json.dumps([entry.json() for entry in masked]) if masked else "[]"
