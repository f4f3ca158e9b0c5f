"""The split check of one tenant's part of a turn: which orders need it, the messages before them, and what changes by it. No I/O.

Danger: two sockets of one visitor each slip a half through. Rule: what is judged was read under the lock of the conversation, in the transaction that
stores, and each order sees what the one before it in the turn left. Proof: tests/chat/live/test_splitting_writer.py.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chat.live.protocol.shapes import AuthorKind, Masked
from chat.live.writer.item import Item
from chat.live.writer.keys import ConversationKeys
from chat.live.writer.memory import Memory
from chat.live.writer.orders import LockedConversation, Order, Post, Release
from chat.live.writer.reading import Beside, Earlier, Read
from chat.live.writer.tail import Place, Tail, kinds_of, said, wanted
from chat.sealing import body_place
from security.crypto.envelope import Undecryptable
from security.crypto.sealed import open_text
from security.masking import MaskedText
from security.masking.splitting.check import is_suspect

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tails:
    """The tails of one tenant's visitors, by primary key, and the conversations that were locked for them.

    Of the visitors in `incomplete` one could not be locked: what they write now would be judged without its other half.
    """

    by_visitor: Mapping[int, Tail]
    conversations: Mapping[UUID, LockedConversation]
    wrapped: Mapping[UUID, bytes]
    incomplete: Collection[int] = frozenset()


NO_TAILS = Tails({}, {}, {})


@dataclass(frozen=True, slots=True)
class Opener:
    """What the process knows by itself: keys, what was typed, the time."""

    keys: ConversationKeys
    memory: Memory
    now: datetime


def suspects(items: Iterable[Item], read: Read, memory: Memory) -> set[int]:
    """The visitors of one tenant whose messages have to be joined with what they wrote before; hardly ever any."""
    found = set()
    for item in items:
        row = read.conversations.get(item.order.conversation)
        if row is not None and _is_suspect(item.order, memory):
            found.add(row.visitor_id)
    return found


def to_release(items: Iterable[Item], memory: Memory) -> list[UUID]:
    """The messages that one tenant's part of the turn shall release; most often none."""
    conversations = {item.order.conversation for item in items if isinstance(item.order, Release)}
    return memory.held_in(conversations) if conversations else []


def _is_suspect(order: Order, memory: Memory) -> bool:
    match order:
        case Release():
            return True
        case Post(policy=policy, author=author) if policy is not None and author.kind is AuthorKind.VISITOR:
            return is_suspect(order.text, policy) or (author.id is not None and memory.holds(author.id))
        case _:
            return False


def tails(tenant_id: int, visitors: Collection[int], read: Read, beside: Beside, opener: Opener) -> Tails:
    """The tails of these visitors: what was read, opened, as far as it may matter."""
    locked = {**read.conversations, **beside.conversations}
    by_visitor: dict[int, list[Earlier]] = defaultdict(list)
    incomplete = {row.visitor_id for row in beside.messages if row.conversation not in locked}
    rows = {row.pk: row for row in (*beside.messages, *beside.held) if row.conversation in locked}
    for row in sorted(rows.values(), key=lambda row: (row.sent_at, row.conversation_id, row.seq)):
        by_visitor[row.visitor_id].append(row)
    typed, found = opener.memory.typed(), {}
    for visitor_id in set(visitors) - incomplete:
        tail = found[visitor_id] = Tail(tenant_id, opener.memory.held_for)
        its_rows = by_visitor[visitor_id]
        needed = wanted([(row.sent_at, row.author_kind == AuthorKind.VISITOR.value) for row in its_rows], opener.now)
        for index, row in enumerate(its_rows):
            text = _opened(tenant_id, row, opener.keys) if index in needed else None
            if text is not None:
                tail.put(said(text, row.sent_at, row.author_kind, kinds_of(row.masked), typed.get(row.id)), _place(row))
    wrapped = {row.conversation: row.wrapped for row in rows.values() if row.wrapped is not None}
    return Tails(found, beside.conversations, wrapped, incomplete)


def _place(row: Earlier) -> Place:
    masked = tuple(Masked(entry["kind"], entry["count"]) for entry in row.masked)
    return Place(row.conversation, row.id, row.seq, row.author_kind, row.author_id, row.is_visible, masked, row.pk)


def _opened(tenant_id: int, row: Earlier, keys: ConversationKeys) -> MaskedText | None:
    if row.body is None or row.wrapped is None:
        return None
    place = body_place(
        tenant_id=tenant_id,
        conversation=row.conversation,
        message=row.id,
        seq=row.seq,
        rev=row.rev,
        author_kind=row.author_kind,
    )
    try:
        return open_text(row.body, keys.unwrapped(tenant_id, row.conversation, row.wrapped), place)
    except Undecryptable:  # one row that was tampered with does not take the visitor's next message away
        logger.critical("A message does not open; conversation=%s seq=%s", row.conversation, row.seq)
        return None
