"""Card numbers: 13 to 19 digits of a known brand and length that satisfy Luhn (ISO/IEC 7812-1, annex B).

Danger: this runs for every message, on texts made to be slow. Rule: a group of digits begins at most one window for
each length of the brand that its first digits name, each window is looked at in constant time, one that lies inside a
card already found is not looked at, and what speaks for or against a window is weighed for so many of them only
(`judging`). Proof: the hostile texts of tests/security/masking/test_engine.py.
"""

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Final

from security.masking.finding.judging import Judge as Judge
from security.masking.finding.judging import Window
from security.masking.reading.scan import Candidate, Row, candidate
from security.masking.tables import PREFIX, tables

SHORTEST: Final = 13
KEPT: Final = 4
_LONGEST_RUN: Final = 40  # a longer run of digits is a voucher or a key, whatever lies in it
_INNER_LENGTHS: Final = (16, 15)
_FOURS: Final = (4, 4, 4)
_VALUES: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
# What stands behind a card in one run with it: a CVV, an expiry, or both.
_TAILS: Final = (3, 4, 6, 7, 8, 9, 10)


class Luhn:
    """Which stretches of these digits satisfy Luhn, each in constant time: by prefix sums, made for a parity when it is asked for."""

    __slots__ = ("_digits", "_sums")

    def __init__(self, digits: str) -> None:
        self._digits = digits.encode()
        self._sums: list[list[int]] = [[], []]

    def holds(self, begin: int, end: int) -> bool:
        """Whether `begin:end` does: its last digit is not doubled, so what is doubled has the parity of `end`."""
        parity = end % 2
        if not (sums := self._sums[parity]):
            values = bytearray(self._digits.translate(_VALUES))
            values[parity::2] = self._digits.translate(_DOUBLED)[parity::2]
            sums = self._sums[parity] = list(accumulate(values, initial=0))
        return (sums[end] - sums[begin]) % 10 == 0


def is_card(digits: str) -> bool:
    """Whether these digits alone are a card number: a brand, one of its lengths, Luhn."""
    known = {length for length, _ in tables().issuers.of(digits[:PREFIX])} if len(digits) >= SHORTEST else set()
    return len(digits) in known and Luhn(digits).holds(0, len(digits))


@lru_cache(maxsize=4096)
def brands_possible(prefix: str) -> bool:
    """Whether a card number of some brand and of at least so many digits can begin with these digits.

    Brands that are issued no more are found but not waited for: telephone numbers begin like them (1 800).
    """
    least, most = prefix[:PREFIX].ljust(PREFIX, "0"), prefix[:PREFIX].ljust(PREFIX, "9")
    return any(
        low[:PREFIX].ljust(PREFIX, "0") <= most and least <= high[:PREFIX].ljust(PREFIX, "9")
        for brand in tables().brands
        if not brand.is_legacy and max(brand.lengths) >= len(prefix)
        for low, high in brand.prefixes
    )


def find(row: Row, judge: Judge) -> Iterator[Candidate]:
    """The cards of a row in order; they may overlap, but none lies inside one before it."""
    digits, begins, sizes = row.digits, row.begins, row.sizes
    if len(digits) < SHORTEST:
        return
    issuers = tables().issuers
    luhn = Luhn(digits)
    reached = 0
    for first, begin in enumerate(begins):
        if len(digits) - begin < SHORTEST or len(digits) == reached:
            return
        for length, brand in issuers.of(digits[begin : begin + PREFIX]):
            end = begin + length
            if end <= reached:
                break
            last = bisect_left(begins, end, first) - 1
            if last == len(sizes) or begins[last + 1] != end or not luhn.holds(begin, end):
                continue
            if judge.is_tired:
                tired = ("luhn", f"brand {brand}", "too many to be weighed")
                yield candidate(row, first, len(sizes) - 1, "card", f"card:{brand}", tired, 0)
                return
            window = Window(row, first, last, brand, length, begin == reached, _begins_card(digits, end, luhn))
            if (reasons := judge.accepts(window)) is not None:
                yield candidate(row, first, last, "card", f"card:{brand}", reasons, KEPT)
                reached = end
                break
        if reached < begins[first + 1] and (found := _with_more(row, first, luhn, judge)) is not None:
            card, reached = found
            yield card


def _with_more(row: Row, first: int, luhn: Luhn, judge: Judge) -> tuple[Candidate, int] | None:
    """A card whose last group, or whose only one, holds more than its digits: nothing of the group is kept."""
    size = row.sizes[first]
    if row.sizes[first : first + 3] == _FOURS and len(row.sizes) > first + 3 and row.sizes[first + 3] > KEPT:
        last = first + 3
    elif SHORTEST < size <= _LONGEST_RUN:
        last = first
    else:
        return None
    begin, end = row.begins[first], row.begins[last + 1]
    found = _at_the_front(row, begin, end, luhn, is_grouped=last > first)
    if found is not None and (reasons := judge.accepts_more(row, first, last, *found)):
        last = _last_of_next(row, begin + found[1], last, luhn)
        return candidate(row, first, last, "card", f"card:{found[0]}", reasons, 0), row.begins[last + 1]
    if first == last and judge.speaks_of_cards(row, first, last):
        for wanted in _INNER_LENGTHS:
            for place in range(begin, end - wanted + 1):
                brand = _brand(row.digits, place, wanted)
                if brand and luhn.holds(place, place + wanted):
                    inside = ("luhn", f"brand {brand}", "inside a longer run", "card words")
                    return candidate(row, first, last, "card", f"card:{brand}", inside, 0), end
    return None


def _at_the_front(row: Row, begin: int, end: int, luhn: Luhn, *, is_grouped: bool) -> tuple[str, int] | None:
    """Brand and length of a card at the front of `begin:end`, behind which a CVV, an expiry or another card stands.

    Where three groups of four lead to it, anything may stand behind: somebody missed the space.
    """
    digits = row.digits
    while begin < end and digits[begin] == "0":
        begin += 1
    for length in _INNER_LENGTHS:
        rest = end - begin - length
        brand = _brand(digits, begin, length)
        if rest < 0 or not brand or not luhn.holds(begin, begin + length):
            continue
        tail = digits[begin + length : end]
        if tail and (is_grouped or _is_tail(tail)):
            return brand, length
        if rest in _INNER_LENGTHS and _brand(digits, begin + length, rest) and luhn.holds(begin + length, end):
            return brand, length
    return None


def _last_of_next(row: Row, begin: int, last: int, luhn: Luhn) -> int:
    """The last group of a card that begins in the midst of group `last`; or `last`, if none does."""
    for length, _ in tables().issuers.of(row.digits[begin : begin + PREFIX]):
        end = begin + length
        if end > row.begins[last + 1] and end in row.begins and luhn.holds(begin, end):
            return row.begins.index(end) - 1
    return last


def _is_tail(tail: str) -> bool:
    """Whether it reads as CVV, or as an expiry and perhaps a CVV."""
    if len(tail) == _TAILS[0]:
        return True
    year = tail[2:6] if tail[2:4] == "20" and len(tail) not in (4, 7, 8) else f"20{tail[2:4]}"
    return len(tail) in _TAILS and "01" <= tail[:2] <= "12" and "2024" <= year <= "2049"


def _brand(digits: str, begin: int, length: int) -> str:
    for known, brand in tables().issuers.of(digits[begin : begin + PREFIX]):
        if known == length:
            return brand
    return ""


def _begins_card(digits: str, begin: int, luhn: Luhn) -> bool:
    """Whether another card stands right behind."""
    left = len(digits) - begin
    return left >= SHORTEST and any(
        length <= left and luhn.holds(begin, begin + length)
        for length, _ in tables().issuers.of(digits[begin : begin + PREFIX])
    )
