"""US social security numbers: 3-2-4 with one kind of separator, or nine digits where the words speak of one.

Validity as the Social Security Administration assigns them: no area 000, 666 or 900–999, no group 00, no serial 0000.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from security.masking.scan import Candidate, Chain
from security.masking.surroundings import Surroundings

_SIZES: Final = (3, 2, 4)
_LENGTH: Final = 9
_MAX_GAP: Final = 3


def find(chain: Chain, around: Surroundings) -> Iterator[Candidate]:
    """Every social security number in a chain, in order."""
    sizes = chain.sizes
    for first, size in enumerate(sizes):
        if size == _LENGTH:
            yield from _unparted(chain, first, around)
        elif size == _SIZES[0] and sizes[first : first + len(_SIZES)] == _SIZES:
            yield from _parted(chain, first, around)


def _unparted(chain: Chain, index: int, around: Surroundings) -> Iterator[Candidate]:
    start, end = chain.start(index), chain.end(index)
    if is_valid(_digits(chain, index)) and around.speak_of("ssn", start, end):
        yield Candidate("ssn", start, end, "ssn", partial(tuple, ("nine digits", "ssn words")))


def _parted(chain: Chain, first: int, around: Surroundings) -> Iterator[Candidate]:
    if not is_valid(_digits(chain, first)):
        return
    start, end = chain.start(first), chain.end(first + len(_SIZES) - 1)
    reasons = ["valid area, group and serial", "layout 3-2-4"]
    if around.speak_of("ssn", start, end):
        reasons.append("ssn words")
    elif not _stands_alone(chain, first) or around.before(start) == "+":
        return
    yield Candidate("ssn", start, end, "ssn", partial(tuple, reasons))


def _digits(chain: Chain, first: int) -> str:
    return chain.digits[chain.begins[first] : chain.begins[first] + _LENGTH]


def is_valid(digits: str) -> bool:
    """Whether nine digits could have been assigned."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _stands_alone(chain: Chain, first: int) -> bool:
    """Whether the three groups share a separator that binds no fourth group to them."""
    gap = chain.gap(first)
    if gap is None or gap != chain.gap(first + 1) or len(gap) > _MAX_GAP:
        return False
    return gap not in (chain.gap(first - 1), chain.gap(first + 2))
