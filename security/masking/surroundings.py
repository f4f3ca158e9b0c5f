"""The words and marks around a number that speak for or against its being a secret."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from security.masking.tables import tables

_BEFORE: Final = 60  # characters before a number in which a word speaks for it
_AFTER: Final = 30
_HASH_REACH: Final = 64
_HASH_LENGTH: Final = 24
_HASH_LETTERS: Final = 4
_LETTERS: Final = re.compile(f"(?:[A-Za-z][^A-Za-z]*+){{{_HASH_LETTERS}}}")
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_HEX: Final = re.compile("[0-9A-Fa-f-]*+")


@dataclass(slots=True)
class Surroundings:
    """One text as class letters (ASCII letters are themselves), with the messages before it."""

    classes: str
    context: Sequence[str] = ()
    _found: dict[str, list[int]] = field(default_factory=dict)
    _said: dict[str, bool] = field(default_factory=dict)
    _backwards: str = ""

    def speak_of(self, kind: str, start: int, end: int) -> bool:
        """Whether a word of `kind` stands near `start:end`, or in the messages before."""
        if kind not in self._found:
            self._found[kind] = _places(kind, self.classes)
            self._said[kind] = any(_places(kind, text) for text in self.context)
        if self._said[kind]:
            return True
        places = self._found[kind]
        first = bisect_left(places, start - _BEFORE)
        return first < len(places) and places[first] <= end + _AFTER

    def before(self, start: int) -> str:
        """The class letter before a number; empty at the beginning."""
        return self.classes[start - 1 : start]

    def is_fraction(self, start: int) -> bool:
        """Whether `0.` stands before it, alone."""
        return self.classes[max(start - 2, 0) : start] == "0." and not self.before(start - 2).isalnum()

    def is_in_hash(self, start: int, end: int) -> bool:
        """Whether it is part of a long hexadecimal word: a digest or a UUID."""
        if not self._backwards:
            self._backwards = self.classes[::-1]
        back = len(self.classes) - start
        left = start - len(_hex_word(self._backwards, back))
        right = end + len(_hex_word(self.classes, end))
        return right - left >= _HASH_LENGTH and _LETTERS.search(self.classes, left, right) is not None


def _hex_word(text: str, start: int) -> str:
    found = _HEX.match(text, start, start + _HASH_REACH)
    return found.group() if found else ""


def _places(kind: str, text: str) -> list[int]:
    """Where the words of `kind` begin, whole words in any case."""
    lowered = text.translate(_LOWER)
    found = [
        match.start()
        for word, expression in _words(kind)
        if word in lowered  # much faster than the expression, and nearly always the answer
        for match in expression.finditer(lowered)
    ]
    return sorted(found)


@cache
def _words(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    # The word comes before what may not stand around it: so it is searched for as plain text.
    escaped = [(word, re.escape(word)) for word in tables().words[kind]]
    return tuple((word, re.compile(f"{e}(?<![a-z]{e})(?![a-z])")) for word, e in escaped)
