"""Which numbers of a text were looked at and left alone, and why: for whoever tries his rules. Not on the path of messages.

It judges by the same tables as masking does, each number by itself; that words, labels or layout decided is said as such, not how.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from security.masking.finding import cards, ssn
from security.masking.reading.views import Digit, digits_of
from security.masking.text import Finding

FEWEST: Final = 9
_WIDEST_GAP: Final = 3
_SEPARATORS: Final = frozenset(" -./_\u00a0\u2010\u2011\u2013")
_MOST: Final = 20
_CARD: Final = range(13, 20)


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A number that was not masked; offsets count code points of the text."""

    start: int
    end: int
    digits: int
    reason: str


def left_alone(text: str, findings: Sequence[Finding]) -> tuple[LeftAlone, ...]:
    """The first numbers of at least nine digits that no finding touches."""
    found = []
    for number in _numbers(text, digits_of(text)):
        start, end = number[0].start, number[-1].end
        if len(number) < FEWEST or any(one.start < end and start < one.end for one in findings):
            continue
        found.append(LeftAlone(start, end, len(number), _reason("".join(digit.value for digit in number))))
        if len(found) == _MOST:
            break
    return tuple(found)


def _numbers(text: str, digits: Sequence[Digit]) -> Iterator[list[Digit]]:
    """Digits with little between them."""
    number: list[Digit] = []
    for digit in digits:
        between = text[number[-1].end : digit.start] if number else ""
        if len(between) > _WIDEST_GAP or not _SEPARATORS.issuperset(between):
            yield number
            number = []
        number.append(digit)
    if number:
        yield number


def _reason(digits: str) -> str:
    if len(digits) in _CARD:
        return _card_reason(digits)
    if len(digits) == FEWEST:
        if ssn.is_valid(digits):
            return "possible as a social security number, but not written as one, and no word speaks for it"
        return "no social security number: its area, group or serial is never given"
    if len(digits) < min(_CARD):
        return "too short for a card, too long for a social security number"
    return "longer than any card, and none stands out in it"


def _card_reason(digits: str) -> str:
    if cards.is_card(digits):
        return "valid as a card, but its label, layout or neighbours speak against it, or nothing speaks for it"
    if not cards.brands_possible(digits):
        return "no card begins like this, or has so many digits"
    return "the check digit (Luhn) is not that of a card"
