"""What was typed where something else is stored: in the memory of the process that took it, for two minutes, and nowhere else.

Danger: a held message is, perhaps, half a card. Rule: nothing here is written, sent or logged; it is forgotten when the number is complete, when it was
released, and after two minutes. A process that ends takes it along: then the message stays masked. Proof: tests/chat/live/test_splitting*.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from security.masking import MaskedText
from security.masking.splitting.check import REMEMBERED_FOR
from security.masking.splitting.releasing import HELD_FOR as _HELD_FOR

HELD_FOR: Final = timedelta(seconds=_HELD_FOR)
RETRY_AFTER: Final = timedelta(seconds=2)
_REMEMBERED_FOR: Final = timedelta(seconds=REMEMBERED_FOR)


@dataclass(frozen=True, slots=True)
class Kept:
    """The text of one message as it was typed."""

    tenant_id: int
    conversation: UUID
    visitor: UUID
    sent_at: datetime
    is_held: bool
    typed: MaskedText = field(repr=False)


Keeps = Mapping[UUID, Kept | None]
"""By message; None forgets it."""


class Memory:
    """By message. Not thread-safe: it belongs to the event loop."""

    def __init__(self, clock: Callable[[], datetime], held_for: timedelta = HELD_FOR) -> None:
        self._clock = clock
        self.held_for = held_for
        self._kept: dict[UUID, Kept] = {}
        self._tried: dict[UUID, datetime] = {}
        self._holding: frozenset[UUID] = frozenset()

    def __len__(self) -> int:
        return len(self._kept)

    def typed(self) -> dict[UUID, MaskedText]:
        """What is known, by message."""
        self.forget_old()
        return {message: kept.typed for message, kept in self._kept.items()}

    def held_in(self, conversations: Collection[UUID]) -> list[UUID]:
        """The messages of these conversations that are held here."""
        return [message for message, kept in self._kept.items() if kept.is_held and kept.conversation in conversations]

    def holds(self, visitor: UUID) -> bool:
        """Whether something of this visitor is held here."""
        return visitor in self._holding

    def keep(self, keeps: Keeps) -> None:
        """What a committed turn left to be remembered and forgotten."""
        for message, kept in keeps.items():
            self._tried.pop(message, None)
            if kept is None:
                self._kept.pop(message, None)
            else:
                self._kept[message] = kept
        self.forget_old()

    def due(self) -> Iterable[Kept]:
        """One held message of each conversation whose time is over; if it is not released, it is due again a little later."""
        now = self._clock()
        found = {}
        for message, kept in self._kept.items():
            if kept.is_held and self._due_at(message, kept) <= now:
                found[kept.conversation] = kept
                self._tried[message] = now
        return found.values()

    def next_due(self) -> datetime | None:
        """When something is due."""
        self.forget_old()
        return min((self._due_at(message, kept) for message, kept in self._kept.items() if kept.is_held), default=None)

    def _due_at(self, message: UUID, kept: Kept) -> datetime:
        tried = self._tried.get(message)
        return kept.sent_at + self.held_for if tried is None else tried + RETRY_AFTER

    def forget_old(self) -> None:
        """Drop what was sent more than two minutes ago."""
        oldest = self._clock() - _REMEMBERED_FOR
        for message in [message for message, kept in self._kept.items() if kept.sent_at < oldest]:
            del self._kept[message]
            self._tried.pop(message, None)
        self._holding = frozenset(kept.visitor for kept in self._kept.values() if kept.is_held)
