"""From characters to groups of digits, and from groups to rows: what one number may be written across."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import Final, NamedTuple

from security.masking.effort import GROUP, Effort
from security.masking.reading.views import View
from security.masking.tables import tables

FEWEST_DIGITS: Final = 9  # fewer are neither a card nor a social security number

# How two groups of a row are parted.
USUAL: Final = 0  # spaces, hyphens, dots: what people write between the groups of a number
SIGNS: Final = 1  # other signs: colons, equals, hashes
WORDS: Final = 2  # filler words, or a letter in the place of a hyphen
_APART: Final = 3

_GROUP: Final = re.compile("([0-9]+)")
_LONG: Final = 200
_DIGITS_ALONE: Final = bytes(ord("0") if chr(code) in "0123456789" else ord(" ") for code in range(256))
_USUAL_GAP: Final = re.compile(r"[\s\-./_,()\[\]|~*\\'\"]{1,8}|\s{1,24}")
# What most gaps are, without an expression.
_EASY: Final = dict.fromkeys((*" \t\n-./_,()[]|~*\\'\"", ", ", " - ", "--"), USUAL) | {
    ":": SIGNS,
    ": ": SIGNS,
    "=": SIGNS,
}
_SIGNS_GAP: Final = re.compile(r"[^\w\u2022$%+]{1,12}|_[^\w\u2022$%+]{0,11}|\+|\s\+\s|\s?\u2022\s?")
_MAX_WORDS_GAP: Final = 48
_MOST_WORDS: Final = 8
_LARGEST_EVEN: Final = 6
_ASCII_WORD: Final = re.compile("[a-z]+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_NOT_BETWEEN: Final = re.compile("[\u2022$%+]")
_LIST_GAP: Final = re.compile(r"\s*,\s+|\s+,\s*")


class Row(NamedTuple):
    """Groups of digits with nothing between them that would part two numbers; offsets are those of `view.text`.

    Group `i` is `digits[begins[i]:begins[i + 1]]`, and `gaps[i]` stands after it.
    """

    view: View
    starts: Sequence[int]
    ends: Sequence[int]
    sizes: tuple[int, ...]
    begins: tuple[int, ...]
    digits: str
    gaps: Sequence[str]
    kinds: Sequence[int]

    def is_listed(self, first: int, last: int) -> bool:
        """Whether commas with a space beside them part the groups, as in a list."""
        return any(_LIST_GAP.fullmatch(gap) is not None for gap in self.gaps[first:last])


class Candidate(NamedTuple):
    """A number that was recognised at `start:end` of the text.

    `explain` gives the reasons: they are asked for only where the candidate stays, since a text can be made that
    holds thousands of candidates which overlap. `digits` are given where they are not figures in the text itself,
    and `places`, where each of them is one character of it.
    """

    kind: str
    start: int
    end: int
    rule: str
    explain: Callable[[], tuple[str, ...]]
    kept: int = 0
    digits: str = ""
    places: tuple[int, ...] = ()


def candidate(row: Row, first: int, last: int, kind: str, rule: str, reasons: tuple[str, ...], kept: int) -> Candidate:
    """Groups `first` to `last` of a row as what they were recognised for."""
    view = row.view
    start, end = view.starts[row.starts[first]], view.ends[row.ends[last] - 1]
    explain = partial(tuple, reasons)
    if view.is_literal:
        return Candidate(kind, start, end, rule, explain, kept)
    digits = row.digits[row.begins[first] : row.begins[last + 1]]
    spots = [place for index in range(first, last + 1) for place in range(row.starts[index], row.ends[index])]
    single = all(view.ends[spot] - view.starts[spot] == 1 for spot in spots)
    places = tuple([view.starts[spot] for spot in spots]) if single else ()
    explain = partial(tuple, (*reasons, f"read as {view.name}"))
    return Candidate(kind, start, end, rule, explain, kept, digits, places)


def rows(view: View, effort: Effort) -> Iterator[Row]:
    """Every row of at least nine digits; linear in the length of the text."""
    begin, end = _reach(view.text)
    pieces = _GROUP.split(view.text[begin:end])
    groups, gaps = pieces[1::2], pieces[2:-1:2]
    edges = list(accumulate(map(len, pieces), initial=begin))
    kinds = list(map(gap_kind, gaps))
    kinds.append(_APART)
    first = 0
    while first < len(groups):
        last = kinds.index(_APART, first)
        behind = last + 1
        effort.spend(GROUP * (behind - first))
        if edges[2 * behind] - edges[2 * first + 1] >= FEWEST_DIGITS:
            digits = "".join(groups[first:behind])
            if len(digits) >= FEWEST_DIGITS:
                sizes = tuple(map(len, groups[first:behind]))
                begins = tuple(accumulate(sizes, initial=0))
                starts, ends = edges[2 * first + 1 : 2 * behind : 2], edges[2 * first + 2 : 2 * behind + 1 : 2]
                yield Row(view, starts, ends, sizes, begins, digits, gaps[first:last], kinds[first:last])
        first = behind


def _reach(text: str) -> tuple[int, int]:
    """From the first digit to behind the last: in a long text the letters around them are passed over as bytes, five times as fast."""
    if len(text) < _LONG or not text.isascii():
        return 0, len(text)
    digits = text.encode().translate(_DIGITS_ALONE)
    return len(text) - len(digits.lstrip()), len(digits.rstrip())


def gap_kind(gap: str) -> int:
    """How `gap` parts two groups of digits."""
    if (easy := _EASY.get(gap)) is not None:
        return easy
    if len(gap) > _MAX_WORDS_GAP:
        return _APART
    words = (_ASCII_WORD if gap.isascii() else _WORD).findall(gap)
    if not words:
        if _USUAL_GAP.fullmatch(gap):
            return USUAL
        if _SIGNS_GAP.fullmatch(gap):
            return SIGNS
    fillers = tables().fillers
    for word in words:
        if word not in fillers and len(word) > 1:
            return _APART
    return _APART if len(words) > _MOST_WORDS or _NOT_BETWEEN.search(gap) else WORDS


def even(sizes: tuple[int, ...]) -> bool:
    """Whether all groups have one size, but for a last one that is smaller."""
    return (
        len(sizes) > 1
        and sizes[0] <= _LARGEST_EVEN
        and all(size == sizes[0] for size in sizes[:-1])
        and sizes[-1] <= sizes[0]
    )
