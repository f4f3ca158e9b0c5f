"""For how long, and then what: one rule's words, and which of two keeps less long. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

from chat.models.retention import Afterwards

MOST_PRIMARY: Final = 120
MOST_ARCHIVE: Final = 600


@dataclass(frozen=True, slots=True)
class Term:
    """In months of the calendar, both from the last message; `archive_months` None is for the life of the account."""

    primary_months: int
    afterwards: Afterwards
    archive_months: int | None = None

    @property
    def is_sound(self) -> bool:
        """Whether a rule may say so."""
        least = 0 if self.afterwards.is_sent else 1
        if not least <= self.primary_months <= MOST_PRIMARY:
            return False
        if self.afterwards is Afterwards.SENT_AT_CLOSE and self.primary_months:
            return False
        if self.archive_months is None:
            return True
        return self.afterwards is Afterwards.ARCHIVE and self.primary_months < self.archive_months <= MOST_ARCHIVE

    @property
    def stores_nothing(self) -> bool:
        """Whether nothing of what is said is stored; the months are for what remains of such a conversation."""
        return self.afterwards is Afterwards.NONE

    @property
    def gone_after(self) -> float:
        """Months after which nothing is left here."""
        if self.afterwards is Afterwards.NONE:
            return 0
        if self.afterwards is not Afterwards.ARCHIVE:
            return self.primary_months
        return inf if self.archive_months is None else self.archive_months

    def keeps_less_than(self, other: Term) -> bool:
        """Whether anything leaves the primary store, or is gone for good, sooner than by `other`: by the words, whatever is stored today."""
        if self.stores_nothing and not other.stores_nothing:
            return True
        return self.primary_months < other.primary_months or self.gone_after < other.gone_after

    def __str__(self) -> str:
        archive = "" if self.archive_months is None else str(self.archive_months)
        return f"{self.primary_months}-{self.afterwards.value}-{archive}"


DEFAULT: Final = Term(24, Afterwards.ARCHIVE)
"""Where no rule says otherwise."""
