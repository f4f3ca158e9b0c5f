"""Card numbers: 13 to 19 digits of a known brand and length that satisfy Luhn (ISO/IEC 7812-1, annex B)."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from security.masking.scan import Candidate, Chain
from security.masking.surroundings import Surroundings
from security.masking.tables import Brand, tables

SHORTEST: Final = 13
LONGEST: Final = 19
_LONGEST_RUN: Final = 40  # a longer run of digits is a voucher or a key, whatever lies in it
_INNER_LENGTHS: Final = (16, 15)
_EAN_LENGTH: Final = 13
_SMALL_GROUP: Final = 2
_PAIR: Final = 2
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def find(chain: Chain, around: Surroundings) -> Iterator[Candidate]:
    """Every card in a chain; they may overlap. At most 19 windows are tried for each group."""
    groups = chain.groups
    if sum(len(group.digits) for group in groups) < SHORTEST:
        return
    luhn = _Luhn("".join(group.digits for group in groups))
    begins = list(accumulate((len(group.digits) for group in groups), initial=0))
    for first in range(len(groups)):
        for last in range(first, len(groups)):
            length = begins[last + 1] - begins[first]
            if length > LONGEST:
                break
            if length >= SHORTEST and luhn.holds(begins[first], begins[last + 1]):
                yield from _judged(chain, first, last, around)
        if SHORTEST < len(groups[first].digits) <= _LONGEST_RUN:
            yield from _inside(chain, first, luhn, begins[first], around)


def _judged(chain: Chain, first: int, last: int, around: Surroundings) -> Iterator[Candidate]:
    """The window as a candidate, unless its brand, layout or surroundings speak against it."""
    groups = chain.groups[first : last + 1]
    digits = "".join(group.digits for group in groups)
    brand = _brand(digits)
    if brand is None:
        return
    start, end = groups[0].start, groups[-1].end
    sizes = tuple(len(group.digits) for group in groups)
    reasons = ["luhn", f"brand {brand.name}", "layout " + "-".join(map(str, sizes))]
    if around.speak_of("card", start, end):
        reasons.append("card words")
    elif not _is_laid_out(chain, first, last, sizes) or _is_something_else(digits, start, end, around):
        return
    yield Candidate("card", start, end, f"card:{brand.name}", tuple(reasons), keeps_last_four=True)


def _inside(chain: Chain, index: int, luhn: "_Luhn", offset: int, around: Surroundings) -> Iterator[Candidate]:
    """A run of digits that holds a card and more, such as its CVV: the whole run, where card words are near."""
    group = chain.groups[index]
    if not around.speak_of("card", group.start, group.end):
        return
    for length in _INNER_LENGTHS:
        for start in range(len(group.digits) - length + 1):
            brand = _brand(group.digits[start : start + length])
            if brand is not None and luhn.holds(offset + start, offset + start + length):
                reasons = ("luhn", f"brand {brand.name}", "inside a longer run", "card words")
                yield Candidate("card", group.start, group.end, f"card:{brand.name}", reasons)
                return


def _is_laid_out(chain: Chain, first: int, last: int, sizes: tuple[int, ...]) -> bool:
    """Whether cards are written in such groups; lists of small numbers and of years are not cards."""
    if len(sizes) == 1:
        return True
    gaps = chain.gaps[first:last]
    if any("," in gap and len(gap) > 1 for gap in gaps):
        return False
    if sizes in tables().layouts:
        return True
    if len(set(sizes[:-1])) > 1 or sizes[-1] > sizes[0] or (len(sizes) == _PAIR and sizes[0] != sizes[1]):
        return False
    return sizes[0] > _SMALL_GROUP or len(sizes) == len(chain.groups)


def _is_something_else(digits: str, start: int, end: int, around: Surroundings) -> bool:
    """Whether it reads as a phone number, a fraction, a part of a digest or the code of an article."""
    return (
        around.before(start) == "+"
        or around.is_fraction(start)
        or around.is_in_hash(start, end)
        or (len(digits) == _EAN_LENGTH and end - start == _EAN_LENGTH and _is_ean(digits))
    )


def _is_ean(digits: str) -> bool:
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(digits))
    return total % 10 == 0


def _brand(digits: str) -> Brand | None:
    return next((brand for brand in tables().brands if brand.issues(digits)), None)


class _Luhn:
    """Luhn sums of every window of `digits` by two prefix sums, one for each parity."""

    def __init__(self, digits: str) -> None:
        values = [int(digit) for digit in digits]
        self._sums = tuple(
            list(accumulate((_DOUBLED[v] if i % 2 == parity else v for i, v in enumerate(values)), initial=0))
            for parity in (0, 1)
        )

    def holds(self, start: int, end: int) -> bool:
        # The last digit is not doubled, so what is doubled has the other parity.
        sums = self._sums[end % 2]
        return (sums[end] - sums[start]) % 10 == 0
