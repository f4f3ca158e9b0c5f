"""What becomes of one tenant's orders, decided under the locks: refused, known already, or numbered and sealed. No I/O.

Danger: two messages with one number, a number without a message, or one written with a right that was lost. Rule: orders are taken in the order
in which they came, each sees what the one before it left in its conversation's counters, and an order that is refused leaves nothing there.
Proof: tests/chat/live/test_writer.py.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chat.live.protocol.shapes import AuthorKind
from chat.live.writer.drafts import Ledger, NewText, Row, draft_change, draft_post, draft_revision, recalled, redraft
from chat.live.writer.item import Item
from chat.live.writer.keys import ConversationKeys
from chat.live.writer.memory import Kept
from chat.live.writer.orders import (
    LockedConversation,
    Order,
    Post,
    Posted,
    Release,
    Revise,
    Stored,
    Unavailable,
    WriteRefused,
)
from chat.live.writer.reading import Read, Sent, sent
from chat.live.writer.split_check import NO_TAILS, Tails
from chat.live.writer.tail import Tail
from chat.models import Status
from security.crypto.envelope import Undecryptable
from security.masking.splitting.verdicts import HELD, Change, Verdict

logger = logging.getLogger(__name__)

_EDITABLE = frozenset({AuthorKind.AGENT.value, AuthorKind.NOTE.value})


@dataclass(frozen=True, slots=True)
class Done:
    """An order that is durable once the turn commits; what is new is published."""

    item: Item | None
    stored: Stored | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Draft:
    """Where a message of this turn stands in the book, as long as it is not written."""

    insert: int
    done: int
    key: Sent


class Book:
    """One tenant's part of one turn. An entry of `done` without an item is what an order changed besides."""

    def __init__(
        self, tenant_id: int, read: Read, keys: ConversationKeys, now: datetime, tails: Tails = NO_TAILS
    ) -> None:
        self.tenant_id = tenant_id
        self.done: list[Done] = []
        self.refused: list[tuple[Item, Exception]] = []
        self.left: list[Item] = []
        self.inserts: list[Row] = []
        self.revisions: dict[UUID, Row] = {}  # by message: of two revisions in one turn only the last is stored
        self.keeps: dict[UUID, Kept | None] = {}
        self._read, self._keys, self._now, self._tails = read, keys, now, tails
        self._ledgers: dict[UUID, Ledger] = {}
        self._posted: dict[Sent, Posted] = {}
        self._drafts: dict[UUID, _Draft] = {}

    @property
    def changed(self) -> list[Ledger]:
        """Conversations whose counters have moved."""
        return [ledger for ledger in self._ledgers.values() if ledger.is_changed]

    def rev_of(self, row: LockedConversation) -> int:
        """Up to where the conversation has come."""
        ledger = self._ledgers.get(row.public_id)
        return row.last_rev if ledger is None else ledger.last_rev

    def enter(self, items: Sequence[Item], *, leave_missing: bool) -> None:
        """Decide each of `items`, in order. With `leave_missing`, what could not be locked is left for a turn that waits for it."""
        for item in items:
            try:
                self._enter(item, leave_missing)
            except WriteRefused as refusal:
                self.refused.append((item, refusal))
            except Undecryptable:
                logger.error("A key or a body did not open; conversation=%s", item.order.conversation)  # noqa: TRY400
                self.refused.append((item, Unavailable()))

    def _enter(self, item: Item, leave_missing: bool) -> None:
        order = item.order
        if isinstance(order, Post) and self._is_known(item, order):
            return
        row = self._read.conversations.get(order.conversation)
        if row is None:
            if not leave_missing:
                raise WriteRefused("not_found")
            self.left.append(item)
            return
        if self._waits(order, row):
            self.left.append(item)
            return
        if isinstance(order, Release):
            self._release(item, order, row)
            return
        _authorise(order, row)
        if isinstance(order, Post):
            self._post(item, order, self._ledger(row))
        else:
            self._revise(item, order, self._ledger(row))

    def _waits(self, order: Order, row: LockedConversation) -> bool:
        """Whether what the order may have to be joined with is locked by others. All that this visitor writes waits, in its order."""
        is_joined = isinstance(order, Release) or (isinstance(order, Post) and order.author.kind is AuthorKind.VISITOR)
        return is_joined and row.visitor_id in self._tails.incomplete

    def _is_known(self, item: Item, order: Post) -> bool:
        """Answer what was stored under the same idempotency key before, in this turn or ever."""
        key = sent(order)
        earlier = self._posted.get(key)
        if earlier is not None:
            self.done.append(Done(item, replace(earlier, is_duplicate=True, origin=order.origin), is_new=False))
            return True
        known = self._read.known.get(key)
        if known is None:
            return False
        # Its own row: an earlier commit had succeeded, only the confirmation was lost, and nothing was published yet.
        is_own = known.id == item.message_id
        posted = recalled(order, known, self._keys, is_duplicate=not is_own)
        self.done.append(Done(item, posted, is_new=is_own))
        if is_own and order.author.id is not None and any(entry.kind == HELD for entry in posted.message.masked):
            message = posted.message
            self.keeps[message.id] = Kept(
                self.tenant_id, message.conversation, order.author.id, message.sent_at, True, order.text
            )
        return True

    def _ledger(self, row: LockedConversation) -> Ledger:
        found = self._ledgers.get(row.public_id)
        if found is None:
            found = self._ledgers[row.public_id] = Ledger.of(row, self._key(row))
        return found

    def _key(self, row: LockedConversation) -> bytes:
        if row.is_unstored:
            key = self._read.unstored.get(row.public_id)
            if key is None:
                raise Unavailable  # what cannot be kept in memory is not kept anywhere
            return key
        wrapped = self._read.wrapped.get(row.public_id) or self._tails.wrapped.get(row.public_id)
        if wrapped is None:
            # Its key was destroyed: nothing in it can be read any more, so nothing is added either.
            raise WriteRefused("closed")
        return self._keys.unwrapped(self.tenant_id, row.public_id, wrapped)

    def _post(self, item: Item, order: Post, ledger: Ledger) -> None:
        tail = self._tails.by_visitor.get(ledger.row.visitor_id)
        verdict = None
        if tail is not None and order.policy is not None and self._is_judged(order, ledger.row):
            verdict = tail.judge(order.text, order.policy, max(self._now, ledger.last_message_at))
        posted, row = draft_post(
            ledger, item, order if verdict is None else replace(order, text=verdict.text), self._now
        )
        key = sent(order)
        self._drafts[item.message_id] = _Draft(len(self.inserts), len(self.done), key)
        self._posted[key] = posted
        self.inserts.append(row)
        self.done.append(Done(item, posted, is_new=True))
        if tail is not None:
            self._continue(tail, posted, verdict)

    def _is_judged(self, order: Post, row: LockedConversation) -> bool:
        return order.author.kind is AuthorKind.VISITOR and row.visitor_id in self._tails.judged

    def _continue(self, tail: Tail, posted: Posted, verdict: Verdict | None) -> None:
        """The message becomes part of the tail; what it changed in those before it is changed."""
        typed = None
        if verdict is not None:
            typed = verdict.typed
            for change in verdict.changes:
                self._change(tail, change)
            self.keeps.update(dict.fromkeys(tail.over(verdict.over)))
        message = posted.message
        place = tail.add(message, typed, is_visible=posted.is_visible)
        kept = tail.kept(place, message.sent_at, typed)
        if kept is not None:
            self.keeps[message.id] = kept

    def _change(self, tail: Tail, change: Change) -> None:
        place, masked, kept = tail.change(change)
        ledger = self._ledger_of(place.conversation)
        self.keeps[place.message] = kept
        draft = self._drafts.get(place.message)
        if draft is not None:
            posted, row = redraft(ledger, self._posted[draft.key], self.inserts[draft.insert], change.text, masked)
            self._posted[draft.key], self.inserts[draft.insert] = posted, row
            self.done[draft.done] = replace(self.done[draft.done], stored=posted)
        else:
            new = NewText(change.text, masked, change.reason)
            revised, row = draft_change(ledger, self.tenant_id, place, new, self._now)
            self.revisions[place.message] = row
            self.done.append(Done(None, revised, is_new=True))

    def _release(self, item: Item, order: Release, row: LockedConversation) -> None:
        """What was held for long enough, in a conversation that may have ended meanwhile."""
        tail = self._tails.by_visitor.get(row.visitor_id)
        if tail is not None:
            for change in tail.due(order.policy, self._now):
                self._change(tail, change)
        self.done.append(Done(item, None, is_new=False))

    def _ledger_of(self, conversation: UUID) -> Ledger:
        row = self._read.conversations.get(conversation) or self._tails.conversations[conversation]
        return self._ledger(row)

    def _revise(self, item: Item, order: Revise, ledger: Ledger) -> None:
        target = self._read.targets.get(order.message)
        if target is None or target.conversation_id != ledger.row.pk:
            raise WriteRefused("not_found")
        if target.author_id != order.author_id or target.author_kind not in _EDITABLE:
            raise WriteRefused("forbidden")
        is_gone = target.is_gone and not ledger.row.is_unstored  # of those no row has a body
        if is_gone or self._now - target.sent_at > order.within:
            raise WriteRefused("conflict")
        revised, row = draft_revision(ledger, order, target, self._now)
        self.revisions[order.message] = row
        self.done.append(Done(item, revised, is_new=True))


def _authorise(order: Post | Revise, row: LockedConversation) -> None:
    try:
        code = order.check(row)
    except Exception as error:
        # The caller's code: it may only spoil its own order, and what cannot be decided is refused.
        logger.exception("A check failed; conversation=%s", row.public_id)
        raise WriteRefused("forbidden") from error
    if code is not None:
        raise WriteRefused(code)
    if row.status is Status.CLOSED:
        raise WriteRefused("closed")
