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

_GROUP: Final = re.compile("[0-9]+")
_USUAL_GAP: Final = re.compile(r"[\s\-./_,()\[\]|~*\\'\"]{1,8}|\s{1,24}")
_EASY: Final = frozenset([*" \t\n-./_,()[]|~*\\'\"", ", ", " - ", "--"])
_SIGNS_GAP: Final = re.compile(r"[^\w\u2022$%+]{1,12}|_[^\w\u2022$%+]{0,11}|\+|\s\+\s|\s?\u2022\s?")
_MAX_WORDS_GAP: Final = 48
_MOST_WORDS: Final = 8
_LARGEST_EVEN: Final = 6
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
    text = view.text
    starts: list[int] = []
    ends: list[int] = []
    gaps: list[str] = []
    kinds: list[int] = []
    digits = 0
    for match in _GROUP.finditer(text):
        start, end = match.span()
        if starts:
            gap = text[ends[-1] : start]
            kind = gap_kind(gap)
            if kind == _APART:
                effort.spend(GROUP * len(starts))
                if digits >= FEWEST_DIGITS:
                    yield _row(view, starts, ends, gaps, kinds)
                starts, ends, gaps, kinds, digits = [], [], [], [], 0
            else:
                gaps.append(gap)
                kinds.append(kind)
        starts.append(start)
        ends.append(end)
        digits += end - start
    effort.spend(GROUP * len(starts))
    if digits >= FEWEST_DIGITS:
        yield _row(view, starts, ends, gaps, kinds)


def _row(view: View, starts: list[int], ends: list[int], gaps: list[str], kinds: list[int]) -> Row:
    text = view.text
    sizes = tuple([end - start for start, end in zip(starts, ends, strict=True)])
    digits = "".join([text[start:end] for start, end in zip(starts, ends, strict=True)])
    return Row(view, starts, ends, sizes, tuple(accumulate(sizes, initial=0)), digits, gaps, kinds)


def gap_kind(gap: str) -> int:
    """How `gap` parts two groups of digits."""
    if gap in _EASY or _USUAL_GAP.fullmatch(gap):
        return USUAL
    if _SIGNS_GAP.fullmatch(gap):
        return SIGNS
    if len(gap) > _MAX_WORDS_GAP or _NOT_BETWEEN.search(gap):
        return _APART
    fillers = tables().fillers
    words = _WORD.findall(gap)
    if len(words) > _MOST_WORDS:
        return _APART
    for word in words:
        if word not in fillers and len(word) > 1:
            return _APART
    return WORDS


def even(sizes: tuple[int, ...]) -> bool:
    """Whether all groups have one size, but for a last one that is smaller."""
    return (
        len(sizes) > 1
        and sizes[0] <= _LARGEST_EVEN
        and all(size == sizes[0] for size in sizes[:-1])
        and sizes[-1] <= sizes[0]
    )
