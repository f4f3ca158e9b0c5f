"""US social security numbers: 3-2-4 with one kind of separator, or nine digits where the words speak of one.

Validity as the Social Security Administration assigns them: no area 000, 666 or 900–999, no group 00, no serial 0000.
"""

from collections.abc import Iterator
from typing import Final

from security.masking.scan import Candidate, Chain
from security.masking.surroundings import Surroundings

_SIZES: Final = (3, 2, 4)
_LENGTH: Final = 9
_MAX_GAP: Final = 3


def find(chain: Chain, around: Surroundings) -> Iterator[Candidate]:
    """Every social security number in a chain."""
    groups = chain.groups
    for first, group in enumerate(groups):
        if len(group.digits) == _LENGTH and is_valid(group.digits) and around.speak_of("ssn", group.start, group.end):
            yield Candidate("ssn", group.start, group.end, "ssn", ("nine digits", "ssn words"))
        window = groups[first : first + 3]
        if tuple(len(part.digits) for part in window) != _SIZES:
            continue
        if not is_valid("".join(part.digits for part in window)):
            continue
        start, end = window[0].start, window[-1].end
        reasons = ["valid area, group and serial", "layout 3-2-4"]
        if around.speak_of("ssn", start, end):
            reasons.append("ssn words")
        elif not _stands_alone(chain, first) or around.before(start) == "+":
            continue
        yield Candidate("ssn", start, end, "ssn", tuple(reasons))


def is_valid(digits: str) -> bool:
    """Whether nine digits could have been assigned."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _stands_alone(chain: Chain, first: int) -> bool:
    """Whether the three groups share a separator that binds no fourth group to them."""
    gap = chain.gaps[first]
    if gap != chain.gaps[first + 1] or len(gap) > _MAX_GAP:
        return False
    before = chain.gaps[first - 1] if first else None
    after = chain.gaps[first + 2] if first + 2 < len(chain.gaps) else None
    return gap not in (before, after)
