"""Which numbers of a text were looked at and left alone, and why: for whoever tries his rules. Not on the path of messages.

It asks the judge that masking asks, so the points it tells are those that decided.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from security.masking.effort import Effort, Exhausted
from security.masking.finding import cards, ssn
from security.masking.finding.judging import Judge, Points, Window, weigh_layout
from security.masking.finding.surroundings import Conversation, Surroundings
from security.masking.reading.prefilter import hints_of
from security.masking.reading.scan import rows
from security.masking.reading.views import SURROGATE, Digit, digits_of, views
from security.masking.tables import tables
from security.masking.text import Finding

FEWEST: Final = 9
_WIDEST_GAP: Final = 3
_SEPARATORS: Final = frozenset(" -./_\u00a0\u2010\u2011\u2013")
_MOST: Final = 20
_CARD: Final = range(13, 20)


class Why(StrEnum):
    """The reasons; docs/reference/masking-reasons.md lists them beside those that count."""

    WEIGHED = "valid as a card, but it has too few points"
    UNREAD = "valid as a card, but no group of digits begins or ends it"
    BEGINNING = "no card begins like this, or has so many digits"
    CHECK_DIGIT = "the check digit (Luhn) is not that of a card"
    TOO_LONG = "longer than any card, and none stands out in it"
    BETWEEN = "too short for a card, too long for a social security number"
    NEVER_GIVEN = "no social security number: its area, group or serial is never given"
    UNSPOKEN = "possible as a social security number, but not written as one, and no word speaks for it"
    SPARED = "it is listed as never masked"  # said by whoever knows the organisation's list


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A number that was not masked; offsets count code points of the text. `points` are what was counted, where something was."""

    start: int
    end: int
    digits: int
    reason: Why
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Refused:
    start: int
    end: int
    total: int
    points: tuple[str, ...]


class _Witness(Judge):
    """A judge whose refusals are written down."""

    def __init__(self, around: Surroundings, effort: Effort) -> None:
        super().__init__(around, effort)
        self.refused: list[tuple[Window, int, tuple[str, ...]]] = []

    def accepts(self, window: Window) -> tuple[str, ...] | None:
        """As it is; what is refused is weighed to the end, where masking stops as soon as nothing can help any more."""
        reasons = super().accepts(window)
        if reasons is None:
            begun = tables().strength(window.brand, window.length)
            points = Points(begun)
            if window.first != window.last:
                weigh_layout(window, points)
            self._weigh_glue(window, points)
            self._weigh_words(window, points)
            told = (f"{window.brand}, {window.length} digits {begun:+d}", *points.explained())
            self.refused.append((window, points.total, told))
        return reasons


def left_alone(text: str, findings: Sequence[Finding], context: Sequence[str] = ()) -> tuple[LeftAlone, ...]:
    """The first numbers of at least nine digits that no finding touches; `context` are the messages before."""
    found = []
    refused = _refused(SURROGATE.sub("\ufffd", text), context)
    for number in _numbers(text, digits_of(text)):
        start, end = number[0].start, number[-1].end
        if len(number) < FEWEST or any(one.start < end and start < one.end for one in findings):
            continue
        weighed = [one for one in refused if one.start < end and start < one.end]
        found.append(_left(start, end, "".join(digit.value for digit in number), weighed))
        if len(found) == _MOST:
            break
    return tuple(found)


def _left(start: int, end: int, digits: str, weighed: Sequence[_Refused]) -> LeftAlone:
    if not weighed:
        return LeftAlone(start, end, len(digits), _reason(digits))
    best = max(weighed, key=lambda one: one.total)
    told = (*best.points, f"{best.total} of {tables().weights['needed']}")
    return LeftAlone(start, end, len(digits), Why.WEIGHED, told)


def _refused(text: str, context: Sequence[str]) -> list[_Refused]:
    """The windows of all views that the judge did not take for a card."""
    conversation, effort = Conversation(tuple(context)), Effort(len(text))
    found: list[_Refused] = []
    try:
        for view, hints in views(text, hints_of(text)):
            judge = _Witness(Surroundings(view.text, conversation, hints), effort)
            for row in rows(view, effort):
                list(cards.find(row, judge))
            for window, total, points in judge.refused:
                found.append(_Refused(view.starts[window.start], view.ends[window.end - 1], total, points))
    except Exhausted:  # what was found until then is told
        pass
    return found


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


def _reason(digits: str) -> Why:
    if len(digits) in _CARD:
        return _card_reason(digits)
    if len(digits) == FEWEST:
        return Why.UNSPOKEN if ssn.is_valid(digits) else Why.NEVER_GIVEN
    return Why.BETWEEN if len(digits) < min(_CARD) else Why.TOO_LONG


def _card_reason(digits: str) -> Why:
    if cards.is_card(digits):
        return Why.UNREAD
    return Why.CHECK_DIGIT if cards.brands_possible(digits) else Why.BEGINNING
