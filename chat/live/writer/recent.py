"""Tails that the writer read a moment ago, continued with each message that it stores, so that the next number reads nothing.

Danger: a tail that lacks one message lets half a card through. Rule: one is used again only under the lock of the conversation that it is of, if that
still has the `rev` that it had after the last turn (every message and every change raises it, whoever makes it), and is judged by only if its visitor
wrote nowhere else. It is taken out before a turn and put back after its commit: a turn that fails leaves none. Texts are kept for two minutes, like
those of `Memory`. Proof: tests/chat/live/test_splitting_recent.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chat.live.writer.orders import LockedConversation
from chat.live.writer.tail import Tail
from security.masking.splitting.check import REMEMBERED_FOR

MOST: Final = 1_000
LONGEST: Final = 16_000
"""Characters of one tail: who writes pages is read again."""
_KEPT_FOR: Final = timedelta(seconds=REMEMBERED_FOR)
_Key = tuple[int, UUID]


class RecentTails:
    """By conversation. Not thread-safe: it belongs to the event loop."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[_Key, tuple[int, datetime, Tail]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def known(self, tenant_id: int, conversations: Iterable[UUID]) -> list[UUID]:
        """Of these conversations those whose tail may be known."""
        return [conversation for conversation in conversations if (tenant_id, conversation) in self._kept]

    def take(self, row: LockedConversation, now: datetime) -> Tail | None:
        """The tail of this conversation as it stands under its lock, if it is known; who took it puts it back."""
        found = self._kept.pop((row.tenant_id, row.public_id), None)
        if found is None:
            return None
        rev, judged_at, tail = found
        return tail if rev == row.last_rev and now - judged_at <= _KEPT_FOR else None

    def keep(self, row: LockedConversation, rev: int, tail: Tail) -> None:
        """`tail` is what was said in this conversation up to `rev`, which is committed."""
        if tail.judged_at is None or tail.size > LONGEST:
            return
        self._kept[row.tenant_id, row.public_id] = (rev, tail.judged_at, tail)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget_old(self, now: datetime) -> None:
        """Drop those that nothing was judged by for two minutes; looks at the longest untouched ones first."""
        while self._kept:
            key, (_, judged_at, _) = next(iter(self._kept.items()))
            if now - judged_at <= _KEPT_FOR:
                return
            del self._kept[key]
