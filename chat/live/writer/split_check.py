"""The split check of one tenant's part of a turn: which orders need it, the messages before them, and what changes by it. No I/O.

Danger: two sockets of one visitor each slip a half through. Rule: what is judged was read under the lock of the conversation, in the transaction that
stores, and each order sees what the one before it in the turn left. Proof: tests/chat/live/test_splitting_writer.py.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from chat.live.protocol.shapes import AuthorKind, Masked
from chat.live.writer.item import Item
from chat.live.writer.keys import ConversationKeys
from chat.live.writer.memory import Memory
from chat.live.writer.orders import LockedConversation, Order, Post, Release
from chat.live.writer.reading import Beside, Earlier, Read
from chat.live.writer.recent import RecentTails
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
    judged: Collection[int] = frozenset()
    """The visitors whose messages are joined with their tails; to the other tails messages are added."""

    def beside(self, known: Tails) -> Tails:
        """These, and those that were known."""
        return replace(self, by_visitor={**known.by_visitor, **self.by_visitor}, judged=known.judged)


NO_TAILS = Tails({}, {}, {})


@dataclass(frozen=True, slots=True)
class Opener:
    """What the process knows by itself: keys, what was typed, the time."""

    keys: ConversationKeys
    memory: Memory
    now: datetime
    recent: RecentTails = field(default_factory=RecentTails)


def suspected(items: Iterable[Item], memory: Memory) -> set[UUID]:
    """The conversations of one tenant in which something has to be joined with what was written before; hardly ever any."""
    return {item.order.conversation for item in items if _is_suspect(item.order, memory)}


def of_lone_visitors(rows: Mapping[UUID, LockedConversation]) -> list[LockedConversation]:
    """Of these conversations those that are their visitor's only one among them."""
    visitors = Counter(row.visitor_id for row in rows.values())
    return [row for row in rows.values() if visitors[row.visitor_id] == 1]


def remembered(read: Read, changed: Collection[UUID], judged: Collection[int], opener: Opener) -> dict[int, Tail]:
    """The tails that are known from a turn before, by visitor. Not of conversations that are `changed` otherwise than by messages."""
    found = {}
    for row in of_lone_visitors(read.conversations):
        tail = opener.recent.take(row, opener.now)
        if tail is None or row.public_id in changed or row.visitor_id in read.elsewhere:
            continue
        if row.visitor_id in judged:
            tail.reread(opener.memory.typed(), opener.now)
        found[row.visitor_id] = tail
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
    rows = {row.id: row for row in (*beside.messages, *beside.held) if row.conversation in locked}
    for row in sorted(rows.values(), key=lambda row: (row.sent_at, row.conversation_id, row.seq)):
        by_visitor[row.visitor_id].append(row)
    typed, found = opener.memory.typed(), {}
    for visitor_id in set(visitors) - incomplete:
        tail = found[visitor_id] = Tail(tenant_id, opener.memory.held_for)
        its_rows = by_visitor[visitor_id]
        needed = wanted(
            [(row.sent_at.timestamp(), row.author_kind == AuthorKind.VISITOR.value) for row in its_rows], opener.now
        )
        for index, row in enumerate(its_rows):
            text = _opened(tenant_id, row, opener.keys) if index in needed else None
            if text is not None:
                tail.put(
                    said(text, row.sent_at.timestamp(), row.author_kind, kinds_of(row.masked), typed.get(row.id)),
                    _place(row),
                )
    wrapped = {row.conversation: row.wrapped for row in rows.values() if row.wrapped is not None}
    return Tails(found, beside.conversations, wrapped, incomplete, frozenset(visitors))


def _place(row: Earlier) -> Place:
    masked = tuple(Masked(entry["kind"], entry["count"]) for entry in row.masked)
    return Place(row.conversation, row.id, row.seq, row.author_kind, row.author_id, row.is_visible, masked)


def _opened(tenant_id: int, row: Earlier, keys: ConversationKeys) -> MaskedText | None:
    if row.text is not None:
        return row.text
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
