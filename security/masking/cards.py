"""Card numbers: 13 to 19 digits of a known brand and length that satisfy Luhn (ISO/IEC 7812-1, annex B).

Danger: this runs for every message, on texts made to be slow. Rule: a group of digits begins at most one window for
each length of the brand that its first digits name, each window is looked at in constant time, and one that lies
inside a card already found is not looked at. Proof: the hostile texts of tests/security/masking/test_engine.py.
"""

from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import accumulate
from typing import Final

from security.masking.scan import Candidate, Chain
from security.masking.surroundings import Surroundings
from security.masking.tables import PREFIX, tables

SHORTEST: Final = 13
_LONGEST_RUN: Final = 40  # a longer run of digits is a voucher or a key, whatever lies in it
_INNER_LENGTHS: Final = (16, 15)
_EAN_LENGTH: Final = 13
_SMALL_GROUP: Final = 2
_PAIR: Final = 2
_VALUES: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))

Sums = tuple[list[int], list[int]]


def is_card(digits: str) -> bool:
    """Whether these digits alone are a card number: a brand, one of its lengths, Luhn."""
    known = {length for length, _ in tables().issuers.of(digits[:PREFIX])} if len(digits) >= SHORTEST else set()
    return len(digits) in known and _holds(_luhn_sums(digits), 0, len(digits))


@lru_cache(maxsize=4096)
def brands_possible(prefix: str) -> bool:
    """Whether a card number of some brand and of at least so many digits can begin with these digits."""
    least, most = prefix[:PREFIX].ljust(PREFIX, "0"), prefix[:PREFIX].ljust(PREFIX, "9")
    return any(
        low[:PREFIX].ljust(PREFIX, "0") <= most and least <= high[:PREFIX].ljust(PREFIX, "9")
        for brand in tables().brands
        if max(brand.lengths) >= len(prefix)
        for low, high in brand.prefixes
    )


def find(chain: Chain, around: Surroundings) -> Iterator[Candidate]:
    """The cards of a chain in order; they may overlap, but none lies inside one before it."""
    digits, begins = chain.digits, chain.begins
    if len(digits) < SHORTEST:
        return
    issuers = tables().issuers
    sums = _luhn_sums(digits)
    group_ending_at = dict(zip(begins[1:], range(len(chain.sizes)), strict=True))
    reached = 0
    for first, begin in enumerate(begins):
        if len(digits) - begin < SHORTEST or len(digits) == reached:
            return
        for length, brand in issuers.of(digits[begin : begin + PREFIX]):
            end = begin + length
            if end <= reached:
                break
            last = group_ending_at.get(end)
            if last is None or not _holds(sums, begin, end):
                continue
            if (card := _judged(chain, first, last, brand, around)) is not None:
                yield card
                reached = end
                break
        holds_more = SHORTEST < chain.sizes[first] <= _LONGEST_RUN and reached < begins[first + 1]
        if holds_more and (card := _inside(chain, first, sums, around)) is not None:
            yield card
            reached = begins[first + 1]


def _judged(chain: Chain, first: int, last: int, brand: str, around: Surroundings) -> Candidate | None:
    """The window as a candidate, unless its layout or surroundings speak against it."""
    start, end = chain.start(first), chain.end(last)
    spoken = around.speak_of("card", start, end)
    if not spoken and (not _is_laid_out(chain, first, last) or _is_something_else(chain, first, last, around)):
        return None
    explain = partial(_reasons, chain, first, last, brand, spoken)
    return Candidate("card", start, end, f"card:{brand}", explain, keeps_last_four=True)


def _reasons(chain: Chain, first: int, last: int, brand: str, spoken: bool) -> tuple[str, ...]:
    layout = "layout " + "-".join(map(str, chain.sizes[first : last + 1]))
    return ("luhn", f"brand {brand}", layout, *(["card words"] if spoken else []))


def _inside(chain: Chain, index: int, sums: Sums, around: Surroundings) -> Candidate | None:
    """A run of digits that holds a card and more, such as its CVV: the whole run, where card words are near."""
    start, end = chain.start(index), chain.end(index)
    if not around.speak_of("card", start, end):
        return None
    issuers = tables().issuers
    for wanted in _INNER_LENGTHS:
        for begin in range(chain.begins[index], chain.begins[index + 1] - wanted + 1):
            if not _holds(sums, begin, begin + wanted):
                continue
            for length, brand in issuers.of(chain.digits[begin : begin + PREFIX]):
                if length == wanted:
                    explain = partial(tuple, ("luhn", f"brand {brand}", "inside a longer run", "card words"))
                    return Candidate("card", start, end, f"card:{brand}", explain)
    return None


def _is_laid_out(chain: Chain, first: int, last: int) -> bool:
    """Whether cards are written in such groups; lists of small numbers and of years are not cards."""
    if first == last:
        return True
    sizes = chain.sizes
    size, tail = sizes[first], sizes[last]
    if size <= _SMALL_GROUP and last - first + 1 < len(sizes):
        return False
    if sizes[first : last + 1] not in tables().layouts:
        if tail > size or (last - first + 1 == _PAIR and size != tail):
            return False
        if sizes[first:last].count(size) < last - first:
            return False
    return not chain.is_listed(first, last)


def _is_something_else(chain: Chain, first: int, last: int, around: Surroundings) -> bool:
    """Whether it reads as a phone number, a fraction, a part of a digest or the code of an article."""
    start, end = chain.start(first), chain.end(last)
    digits = chain.digits[chain.begins[first] : chain.begins[last + 1]]
    return (
        around.before(start) == "+"
        or around.is_fraction(start)
        or around.is_in_hash(start, end)
        or (len(digits) == _EAN_LENGTH and end - start == _EAN_LENGTH and _is_ean(digits))
    )


def _is_ean(digits: str) -> bool:
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(digits))
    return total % 10 == 0


def _luhn_sums(digits: str) -> Sums:
    """Prefix sums with every second digit doubled: the even places, and the odd ones."""
    plain, doubled = digits.encode().translate(_VALUES), digits.encode().translate(_DOUBLED)
    sums = []
    for parity in (0, 1):
        values = bytearray(plain)
        values[parity::2] = doubled[parity::2]
        sums.append(list(accumulate(values, initial=0)))
    return sums[0], sums[1]


def _holds(sums: Sums, begin: int, end: int) -> bool:
    """Whether `begin:end` satisfies Luhn: its last digit is not doubled, so what is doubled has the parity of `end`."""
    chosen = sums[end % 2]
    return (chosen[end] - chosen[begin]) % 10 == 0
