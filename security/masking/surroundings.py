"""The words and marks around a number that speak for or against its being a secret."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from security.masking.tables import tables

_BEFORE: Final = 60  # characters before a number in which a word speaks for it
_AFTER: Final = 30
_HASH_REACH: Final = 64
_HASH_LENGTH: Final = 24
_HASH_LETTERS: Final = 4
_HEX: Final = "0123456789abcdefABCDEF-"


@dataclass(slots=True)
class Surroundings:
    """One text as class letters (ASCII letters are themselves), with the messages before it."""

    classes: str
    context: Sequence[str] = ()
    _found: dict[str, list[int]] = field(default_factory=dict)
    _said: dict[str, bool] = field(default_factory=dict)

    def speak_of(self, kind: str, start: int, end: int) -> bool:
        """Whether a word of `kind` stands near `start:end`, or in the messages before."""
        if kind not in self._found:
            expression = _words(kind)
            self._found[kind] = [match.start() for match in expression.finditer(self.classes)]
            self._said[kind] = any(expression.search(text) for text in self.context)
        places = self._found[kind]
        first = bisect_left(places, start - _BEFORE)
        return self._said[kind] or (first < len(places) and places[first] <= end + _AFTER)

    def before(self, start: int) -> str:
        """The class letter before a number; empty at the beginning."""
        return self.classes[start - 1 : start]

    def is_fraction(self, start: int) -> bool:
        """Whether `0.` stands before it, alone."""
        return self.classes[max(start - 2, 0) : start] == "0." and not self.before(start - 2).isalnum()

    def is_in_hash(self, start: int, end: int) -> bool:
        """Whether it is part of a long hexadecimal word: a digest or a UUID."""
        lead = self.classes[max(0, start - _HASH_REACH) : start]
        trail = self.classes[end : end + _HASH_REACH]
        lead, trail = lead[len(lead.rstrip(_HEX)) :], trail[: len(trail) - len(trail.lstrip(_HEX))]
        if len(lead) + (end - start) + len(trail) < _HASH_LENGTH:
            return False
        return sum(char.isalpha() for char in lead + trail) >= _HASH_LETTERS


@cache
def _words(kind: str) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(word) for word in tables().words[kind])
    return re.compile(f"(?<![A-Za-z])(?:{alternatives})(?![A-Za-z])", re.IGNORECASE | re.ASCII)
