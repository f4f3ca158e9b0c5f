"""What stands beside a card and belongs to it: its verification value (CVV) and its expiry.

PCI DSS 3.3.1: a verification value is not stored once a payment was authorised, whatever it stands beside; so three or
four digits that are named as one are masked without a card as well.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Final

from security.masking.reading.scan import Candidate
from security.masking.reading.views import View
from security.masking.tables import tables

_DIGIT: Final = re.compile("[0-9]")
_REACH: Final = 160  # characters from a card within which a named expiry or value is its own
_NEAR: Final = 48
_MOST: Final = 100  # cards of one message behind which unnamed digits are looked for
_EXPIRY: Final = (
    r"(?:0?[1-9]|1[0-2])\s?[/\-.\\|]\s?(?:20)?(?:2[4-9]|3[0-9]|4[0-9])|(?:0[1-9]|1[0-2]) ?(?:2[4-9]|3[0-9]|4[0-9])"
)
_EXPIRY_ALONE: Final = re.compile(
    r"(?<![0-9/\-.])((?:0[1-9]|1[0-2])\s?[/\-]\s?(?:20)?(?:2[4-9]|3[0-9]|4[0-9])|[1-9]/(?:20)?(?:2[4-9]|3[0-9]|4[0-9]))(?![0-9]|[/\-.][0-9])"
)
_BOTH_BEHIND: Final = re.compile(
    r"[\s,;:/|.\-]{0,4}((?:0[1-9]|1[0-2])[/\-. |,]?(?:20)?(?:2[4-9]|3[0-9]|4[0-9]))[\s,;:/|.\-]{1,4}([0-9]{3,4})(?![0-9])"
)
_VALUE_BEHIND: Final = re.compile(
    r"(?:[\s,;/|.\-:&(]|and\b|y\b|et\b|und\b){1,6}([0-9]{3,4})(?![0-9]|[.,:/\-][0-9]|\s?[$%a-z])"
)
_SHORT_EXPIRY_BEHIND: Final = re.compile(
    r"[\s,;/|.\-]{1,4}((?:0[1-9]|1[0-2])(?:2[4-9]|3[0-9]|4[0-9]))(?![0-9]|[.,:/\-][0-9]| (?!c[vs]|sec|code)[a-z])"
)


def find_named_values(view: View) -> Iterator[Candidate]:
    """Verification values that are named, with or without a card."""
    for match in _named_value().finditer(view.text):
        yield _candidate(view, "cvv", match.start(1), match.end(1), "named")


def find_beside(view: View, cards: Sequence[Candidate]) -> Iterator[Candidate]:
    """What stands beside `cards`, which were found in this view."""
    if not cards:
        return
    if isinstance(view.starts, range):  # each letter of the view is one of the text
        spans = sorted({(card.start, card.end) for card in cards})
    else:
        spans = sorted({(bisect_left(view.starts, card.start), bisect_left(view.starts, card.end)) for card in cards})
    if len(spans) == 1 and not _has_more(view.text, *spans[0]):
        return
    for low, high in _neighbourhoods(spans, len(view.text)):
        for kind, named in (("expiry", _named_expiry()), ("cvv", _named_code())):
            for match in named.finditer(view.text, low, high):
                yield _candidate(view, kind, match.start(1), match.end(1), "named")
    for start, end in spans[:_MOST]:
        yield from _behind(view, start, end)


def _has_more(text: str, start: int, end: int) -> bool:
    """Whether there are more digits within reach of the only card."""
    return _DIGIT.search(text, max(0, start - _REACH), start) is not None or (
        _DIGIT.search(text, end, end + _REACH) is not None
    )


def _neighbourhoods(spans: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """What is within reach of the cards, without overlap."""
    near: list[tuple[int, int]] = []
    for start, end in spans:
        low, high = max(0, start - _REACH), min(length, end + _REACH)
        if near and low <= near[-1][1]:
            near[-1] = (near[-1][0], max(high, near[-1][1]))
        else:
            near.append((low, high))
    return near


def _behind(view: View, start: int, end: int) -> Iterator[Candidate]:
    """An expiry near a card and three or four digits right behind it or the expiry, though nothing names them."""
    text = view.text
    if both := _BOTH_BEHIND.match(text, end):
        yield _candidate(view, "expiry", both.start(1), both.end(1), "beside a card")
        yield _candidate(view, "cvv", both.start(2), both.end(2), "beside a card")
        return
    found = _EXPIRY_ALONE.search(text, end, end + _NEAR) or _SHORT_EXPIRY_BEHIND.match(text, end)
    ahead = None if found else _EXPIRY_ALONE.search(text, max(0, start - _NEAR), start)
    if found or ahead:
        match = found or ahead
        assert match is not None  # noqa: S101 - for the type checker
        yield _candidate(view, "expiry", match.start(1), match.end(1), "beside a card")
    for place in {end, found.end(1) if found else end}:
        if value := _VALUE_BEHIND.match(text, place):
            digits = value.group(1)
            if len(digits) == 3 or found is not None:  # noqa: PLR2004
                yield _candidate(view, "cvv", value.start(1), value.end(1), "beside a card")


def _candidate(view: View, kind: str, start: int, end: int, reason: str) -> Candidate:
    digits = "" if view.is_literal else re.sub("[^0-9]", "", view.text[start:end])
    return Candidate(kind, view.starts[start], view.ends[end - 1], kind, partial(tuple, (reason,)), 0, digits)


@cache
def _named_value() -> re.Pattern[str]:
    names = "|".join(map(re.escape, tables().verification))
    return re.compile(
        rf"(?<![a-z])(?:{names})[0-9]?(?![a-z])[^0-9\u2022\n]{{0,24}}?\n?(?<![0-9])([0-9]{{3,4}})(?![0-9]|[.,:/\-][0-9])"
    )


@cache
def _named_code() -> re.Pattern[str]:
    names = "|".join(map(re.escape, tables().codes))
    return re.compile(
        rf"(?<![a-z])(?:{names})(?![a-z])[^0-9\u2022\n]{{0,24}}?\n?(?<![0-9])([0-9]{{3,4}})(?![0-9]|[.,:/\-][0-9])"
    )


@cache
def _named_expiry() -> re.Pattern[str]:
    names = "|".join(map(re.escape, tables().expiry))
    months = rf"(?:{'|'.join(tables().months)})[a-z]{{0,8}}\.?[ /\-]{{0,3}}(?:20)?(?:2[4-9]|3[0-9]|4[0-9])"
    return re.compile(
        rf"(?<![a-z])(?:{names})(?![a-z])[^0-9\u2022\n]{{0,16}}?(?<![0-9a-z])({_EXPIRY}|{months})(?![0-9]|[/\-.][0-9])"
    )
