"""From characters to groups of digits, and from groups to chains: what a number may be written across."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from security.masking.tables import COMMA, DASH, DOT, INVISIBLE, OTHER_SEPARATOR, SPACE

MAX_GAP: Final = 6  # visible separators between two groups of one number
FEWEST_DIGITS: Final = 9  # fewer are neither a card nor a social security number

_GROUP: Final = re.compile("[0-9]+")
_SEPARATORS: Final = SPACE + DASH + DOT + COMMA + OTHER_SEPARATOR
PARTING: Final = frozenset(INVISIBLE + _SEPARATORS)  # what may stand between two digits of one number
# What was matched is never given back, so a text made of near misses costs no more than its length times nine.
_CHAIN: Final = re.compile(f"[0-9](?:[{re.escape(_SEPARATORS)}]{{0,{MAX_GAP}}}+[0-9]){{{FEWEST_DIGITS - 1},}}+")


class Chain(NamedTuple):
    """Groups of digits with nothing but separators between them.

    `spans` counts the visible characters of `text`; `places` says where each of them stands in the whole text.
    Group `i` is `digits[begins[i]:begins[i + 1]]`.
    """

    text: str
    places: Sequence[int]
    spans: tuple[tuple[int, int], ...]
    sizes: tuple[int, ...]
    begins: tuple[int, ...]
    digits: str

    def start(self, index: int) -> int:
        """Where group `index` begins in the whole text."""
        return self.places[self.spans[index][0]]

    def end(self, index: int) -> int:
        """Where group `index` ends in the whole text."""
        return self.places[self.spans[index][1] - 1] + 1

    def gap(self, index: int) -> str | None:
        """The visible separators after group `index`; None where no group follows, or none stands before."""
        if not 0 <= index < len(self.spans) - 1:
            return None
        return self.text[self.spans[index][1] : self.spans[index + 1][0]]

    def is_listed(self, first: int, last: int) -> bool:
        """Whether commas with something beside them part the groups, as in a list."""
        if COMMA not in self.text[self.spans[first][1] : self.spans[last][0]]:
            return False
        gaps = (self.gap(index) or "" for index in range(first, last))
        return any(COMMA in gap and len(gap) > 1 for gap in gaps)


class Candidate(NamedTuple):
    """A number that was recognised at `start:end`.

    `explain` gives the reasons: they are asked for only where the candidate stays, since a text can be made that
    holds thousands of candidates which overlap.
    """

    kind: str
    start: int
    end: int
    rule: str
    explain: Callable[[], tuple[str, ...]]
    keeps_last_four: bool = False


def chains(classes: str) -> Iterator[Chain]:
    """Every chain of at least nine digits, given the class letters of the text; linear in its length."""
    text, places = _visible(classes)
    for match in _CHAIN.finditer(text):
        spans = tuple(group.span() for group in _GROUP.finditer(text, *match.span()))
        sizes = tuple([end - start for start, end in spans])
        digits = "".join(_GROUP.findall(match.group()))
        yield Chain(text, places, spans, sizes, tuple(accumulate(sizes, initial=0)), digits)


def _visible(classes: str) -> tuple[str, Sequence[int]]:
    """Without what is invisible, and where each of the rest stands."""
    if INVISIBLE not in classes:
        return classes, range(len(classes))
    places = [place for place, letter in enumerate(classes) if letter != INVISIBLE]
    return classes.replace(INVISIBLE, ""), places
