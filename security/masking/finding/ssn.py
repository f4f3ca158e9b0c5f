"""US social security numbers: 3-2-4, or nine digits in any groups where the words speak of one.

Validity as the Social Security Administration assigns them (randomised since 2011): no area 000, 666 or 900–999,
no group 00, no serial 0000. The last four alone are masked too where somebody says that they are of his number:
companies identify people by them, so they are worth as much as the whole.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from security.masking.effort import GROUP, Effort
from security.masking.effort import WORDS as WORDS_READ
from security.masking.finding.surroundings import NO_SPACES, Said, Surroundings
from security.masking.reading.scan import SIGNS, USUAL, WORDS, Candidate, Row, candidate
from security.masking.reading.views import View

_SIZES: Final = (3, 2, 4)
_LENGTH: Final = 9
_MAX_GAP: Final = 3
_GROUPS: Final = 3
_MOST_WEIGHED: Final = 100
_ALL: Final = Said(frozenset({"ssn"}), frozenset({"ssn"}))
_NAMED: Final = (
    r"(?:ssns?|ss\s?(?:#|no|num|number)|socials?(?:\W+sec(?:urity)?)?(?:\W+(?:number|no|num))?|seguro\W+social)"
)
_LAST: Final = r"(?:last|final|ultimos|letzten|derniers)\W+(?:four|4|cuatro|vier|quatre)"
_LAST_FOUR: Final = re.compile(
    rf"(?<![a-z]){_NAMED}(?![a-z])(?:[^0-9\u2022.!?\n]|\.(?! ))"
    rf"{{0,24}}(?:(?:{_LAST}|ends?|ending|endet|termina|x{{2,5}}\W?x{{2,3}}|\*{{2,5}}\W?\*{{2,3}}|#{{3}}\W?##)[^0-9\u2022!?\n]{{0,24}})(?<![0-9])"
    r"(?P<after>[0-9]{4})(?![0-9])"
    rf"|{_LAST}[^0-9\u2022!?\n]{{0,24}}(?<![a-z]){_NAMED}(?![a-z])[^0-9\u2022!?\n]{{0,16}}(?P<before>[0-9]{{4}})(?![0-9])"
    rf"|(?<![0-9])(?P<said>[0-9]{{4}})[^0-9\u2022.!?\n]{{1,16}}{_LAST}[^0-9\u2022.!?\n]{{1,24}}(?<![a-z]){_NAMED}(?![a-z])"
)


class Finder:
    """Finds them in the rows of one view."""

    def __init__(self, around: Surroundings, effort: Effort) -> None:
        self._around = around
        self._effort = effort
        self._weighed = 0

    def find(self, row: Row) -> Iterator[Candidate]:
        """Every social security number of a row, in order."""
        sizes = row.sizes
        parted = False
        for first, size in enumerate(sizes):
            if size == _SIZES[0] and sizes[first : first + _GROUPS] == _SIZES:
                for found in self._parted(row, first):
                    parted = True
                    yield found
        if parted or not self._around.anywhere("ssn"):
            return
        self._effort.spend(GROUP * len(sizes))
        for first, size in enumerate(sizes):
            if size <= _LENGTH and (last := _nine(row, first)) is not None:
                yield from self._spoken(row, first, last)

    def _parted(self, row: Row, first: int) -> Iterator[Candidate]:
        last = first + _GROUPS - 1
        if not is_valid(_digits(row, first)):
            return
        reasons = ["valid area, group and serial", "layout 3-2-4"]
        said = self._said(row.starts[first], row.ends[last], row.starts[0])
        if self._speaks(said):
            reasons.append("ssn words")
        elif not _stands_alone(row, first) or self._is_something_else(row, first, said):
            return
        yield candidate(row, first, last, "ssn", "ssn", tuple(reasons), 0)

    def _spoken(self, row: Row, first: int, last: int) -> Iterator[Candidate]:
        """Nine digits in other groups: only where words speak of them, and nothing of their kind stands beside them."""
        if not is_valid(_digits(row, first)):
            return
        start, end = row.starts[first], row.ends[last]
        said = self._said(start, end, start if first == 0 or last > first else None)
        before = self._around.before(start)
        speaks = self._conversation_speaks() or (row.sizes == (_LENGTH,) and "ssn" in said.near)
        if "ssn" not in said.labels and (not speaks or said.labels & {"hard", "phone", "soft"} or before in ("+", "$")):
            return
        layout = "layout " + "-".join(map(str, row.sizes[first : last + 1])) if last > first else "nine digits"
        yield candidate(row, first, last, "ssn", "ssn", (layout, "ssn words"), 0)

    def _speaks(self, said: Said) -> bool:
        return "ssn" in said.near or self._conversation_speaks()

    def _conversation_speaks(self) -> bool:
        return self._around.conversation.speaks_of("ssn")

    def _said(self, start: int, end: int, labelled: int | None) -> Said:
        self._weighed += 1
        self._effort.spend(WORDS_READ)
        return self._around.said(start, end, labelled) if self._weighed <= _MOST_WEIGHED else _ALL

    def _is_something_else(self, row: Row, first: int, said: Said) -> bool:
        start = row.starts[first]
        before = self._around.before(start)
        if before in ("+", "$") or (before.isalpha() and before < NO_SPACES) or said.labels & {"hard", "soft", "phone"}:
            return True
        return before in ("-", ".", "/", "_") and self._around.before(start - 1).isalnum()


def find_last_four(view: View) -> Iterator[Candidate]:
    """The last four digits where they are said to be of a social security number."""
    for match in _LAST_FOUR.finditer(view.text):
        group = match.lastgroup or "after"
        start, end = view.starts[match.start(group)], view.ends[match.end(group) - 1]
        digits = "" if view.is_literal else match.group(group)
        yield Candidate(
            "ssn", start, end, "ssn:last4", partial(tuple, ("last four of a number", "ssn words")), 0, digits
        )


def is_valid(digits: str) -> bool:
    """Whether nine digits could have been assigned."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _nine(row: Row, first: int) -> int | None:
    """The last of the groups from `first` on that make nine digits, if no more of their kind stand beside them."""
    wanted = row.begins[first] + _LENGTH
    for last in range(first, min(first + _LENGTH, len(row.sizes))):
        if row.begins[last + 1] == wanted:
            break
        if row.begins[last + 1] > wanted:
            return None
    else:
        return None
    inner = row.gaps[first:last]
    joined_before = first > 0 and row.gaps[first - 1] in inner
    joined_after = last + 1 < len(row.sizes) and row.gaps[last] in inner
    return None if joined_before or joined_after else last


def _digits(row: Row, first: int) -> str:
    return row.digits[row.begins[first] : row.begins[first] + _LENGTH]


def _stands_alone(row: Row, first: int) -> bool:
    """Whether the three groups share a separator, or one is a hyphen, and no fourth group is bound to them."""
    one, two = row.gaps[first], row.gaps[first + 1]
    kinds = row.kinds[first : first + 2]
    if WORDS in kinds or len(one) > _MAX_GAP or len(two) > _MAX_GAP or "," in (one.strip(), two.strip()):
        return False
    if one != two and (SIGNS in kinds or USUAL not in kinds or "-" not in one + two):
        return False
    before = row.gaps[first - 1] if first else None
    after = row.gaps[first + _GROUPS - 1] if first + _GROUPS < len(row.sizes) else None
    return before not in (one, two) and after not in (one, two)
