"""Digits of several fragments as one number: what they make together, and what they can still become.

Danger: two small numbers that happen to satisfy Luhn are hidden, or a card that was typed in an odd way passes. Rule: fragments are joined whole,
in the order in which they were typed, with the repeated and corrected ones also left out; 15 and 16 digits are strong enough alone, other lengths
need words that speak of a card, or messages of nothing but digits. Proof: tests/security/masking/test_splitting_properties.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Final

from security.masking.effort import Exhausted
from security.masking.finding.cards import brands_possible, is_card
from security.masking.finding.ssn import is_valid
from security.masking.splitting.fragments import Fragment
from security.masking.splitting.wording import Speaks
from security.masking.tables import PREFIX, tables

LONGEST: Final = 19
STRONG: Final = (16, 15)
SHOWN_OF_CARD: Final = 6
SHOWN_OF_SSN: Final = 4
_SSN: Final = 9
_SSN_LAYOUT: Final = (3, 2, 4)
_BESIDE: Final = (3, 4, 7, 8)  # digits of a code, or of a code and a date, that follow a card without anything between
_SIXTEEN: Final = (
    "2",
    "3",
    "4",
    "51",
    "52",
    "53",
    "54",
    "55",
    "60",
    "64",
    "65",
)  # nearly always sixteen, though longer ones are allowed
_MOST_BESIDE: Final = 10
_WIDEST: Final = STRONG[0] + _BESIDE[-1]  # the widest window that is anything: a card, its date and its code
MOST_STEPS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A fragment, and the index of its message."""

    index: int
    fragment: Fragment


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the words of the conversation speak of."""

    of_card: bool
    of_ssn: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """A number that is complete: from which message to which, and the places of its last four digits as (message, digit).

    Unless it `is_over`, what comes next may still belong to it: then its last digits are not known to be the last, and none is kept.
    """

    kind: str
    first: int
    last: int
    length: int
    is_over: bool
    tail: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Part:
    """The beginning of a number that is not complete: its messages in order, and how many of its digits may be shown."""

    indexes: tuple[int, ...]
    shown: int
    length: int


class Steps:
    """How many windows may still be looked at for one visitor in one turn; who has none left has his digits hidden unseen."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MOST_STEPS

    def take(self) -> None:
        """One window; Exhausted if none is left."""
        self.left -= 1
        if self.left < 0:
            raise Exhausted


@dataclass(frozen=True, slots=True)
class Looks:
    """What is known of one visitor's texts and left of his steps, as long as the process is busy with what he sent at once."""

    parsed: dict[str, Fragment | None] = field(default_factory=dict, repr=False)
    spoken: dict[str, Speaks] = field(default_factory=dict, repr=False)
    steps: Steps = field(default_factory=Steps)

    def for_next_turn(self, texts: Iterable[str]) -> Looks:
        """What is known of these texts alone, with all steps."""
        parsed, spoken = {}, {}
        for text in texts:
            if text in self.parsed:
                parsed[text] = self.parsed[text]
            if text in self.spoken:
                spoken[text] = self.spoken[text]
        return Looks(parsed, spoken)


class _Cards:
    """Which of the numbers that begin at one place are cards; each length is looked at once."""

    __slots__ = ("_are", "_digits", "_lengths")

    def __init__(self, digits: str) -> None:
        self._digits = digits
        self._lengths = frozenset(length for length, _ in tables().issuers.of(digits[:PREFIX]))
        self._are: dict[int, bool] = {}

    def may_be(self, size: int) -> bool:
        """Whether so many digits can be a number of any kind, or a card and its code."""
        return size == _SSN or size in self._lengths or (size > STRONG[-1] and not self._lengths.isdisjoint(STRONG))

    def are(self, size: int) -> bool:
        """Whether the first `size` digits are a card."""
        if size not in self._lengths or size > LONGEST:
            return False
        if size not in self._are:
            self._are[size] = is_card(self._digits[:size])
        return self._are[size]


@dataclass(frozen=True, slots=True)
class _Group:
    """Digits that stand together: in which piece of the row, as which of its groups, and from which of its digits on."""

    piece: int
    number: int
    begin: int
    size: int


def completed(pieces: Sequence[Piece], spoken: Spoken, steps: Steps) -> Whole | None:
    """The number that the last of `pieces` completes, together with those before it; the surest and longest one."""
    found = [whole for row in _rows(pieces, complete=True) for whole in _wholes(row, pieces[-1].index, spoken, steps)]
    return max(found, key=lambda whole: (whole.kind == "card", whole.is_over, whole.length), default=None)


def begun(pieces: Sequence[Piece], spoken: Spoken) -> Part | None:
    """What the last of `pieces` continues, if more of it would be seen than may be shown; the longest one."""
    found = [part for row in _rows(pieces, complete=False) for part in _parts(row, pieces[-1].index, spoken)]
    return max(found, key=lambda part: part.length, default=None)


def can_become_card(digits: str) -> bool:
    """Whether some brand's numbers begin so, and are at least as long. Only the digits that name a brand are looked up."""
    return len(digits) <= LONGEST and brands_possible(digits[:PREFIX].ljust(len(digits), "0"))


def can_become_ssn(digits: str) -> bool:
    """Whether nine digits that could have been assigned begin so."""
    area, group = digits[:3], digits[3:5]
    if len(digits) == _SSN:
        return is_valid(digits)
    return len(digits) < _SSN and area not in ("000", "666") and not area.startswith("9") and group != "00"


def _rows(pieces: Sequence[Piece], *, complete: bool) -> list[tuple[Piece, ...]]:
    """The orders in which the pieces may belong together; the last of `pieces` is in each."""
    plain = [piece for piece in pieces[:-1] if _is_plain(piece.fragment)]
    orders = (pieces, [*plain, pieces[-1]])
    rows = [tuple(ordered(some)) for some in orders for ordered in (tuple, _without_repeated, _corrected, _in_order)]
    if len(pieces) > 1 and complete:
        one, other = pieces[-2].fragment, pieces[-1].fragment
        if len(one.digits) == len(other.digits):  # typed again, without saying so
            rows.append((*pieces[:-2], pieces[-1]))
    return list({tuple(piece.index for piece in row): row for row in rows}.values())


def _without_repeated(pieces: Sequence[Piece]) -> Iterator[Piece]:
    for one, other in pairwise(pieces):
        if one.fragment.digits != other.fragment.digits:
            yield one
    yield pieces[-1]


def _corrected(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Without what the piece after it corrects."""
    for one, other in pairwise(pieces):
        if not other.fragment.corrects:
            yield one
    yield pieces[-1]


def _in_order(pieces: Sequence[Piece]) -> list[Piece]:
    """What is called the last four goes to the end, what is called the beginning to the front."""
    return sorted(pieces, key=lambda piece: piece.fragment.is_last - piece.fragment.is_first)


def _wholes(row: Sequence[Piece], new: int, spoken: Spoken, steps: Steps) -> Iterator[Whole]:
    groups = list(_groups(row))
    digits = "".join(piece.fragment.digits for piece in row)
    begins = list(accumulate((group.size for group in groups), initial=0))
    at = next(position for position, piece in enumerate(row) if piece.index == new)
    for start, first in enumerate(groups):
        if first.piece > at:
            return
        cards = _Cards(digits[begins[start] : begins[start] + _WIDEST])
        for end in range(start + 1, len(groups) + 1):
            joined, last = digits[begins[start] : begins[end]], groups[end - 1]
            if begins[end] - begins[start] > _WIDEST:
                break
            if last.piece < at or not cards.may_be(len(joined)):
                continue
            steps.take()
            used = row[first.piece : last.piece + 1]
            if len(used) == 1 and not _is_answer(used[0], spoken):
                continue
            found = _whole(joined, cards, used, groups[start:end], spoken)
            if found is not None:
                kind, length, is_strong = found
                is_guess = kind == "ssn" and not spoken.of_ssn  # it may be the middle of a card
                is_over = is_strong and not is_guess and not _may_begin_before(digits, begins[:start])
                yield _as_whole(kind, row, first, length, is_over, used)


def _may_begin_before(digits: str, begins: Sequence[int]) -> bool:
    """Whether from one of these places on the digits may become a card."""
    return any(can_become_card(digits[at:]) for at in begins if len(digits) - at <= LONGEST)


def _is_answer(piece: Piece, spoken: Spoken) -> bool:
    """Whether one message alone, which its own words do not give away, may be a number that was spoken of before."""
    return piece.fragment.is_near and not piece.fragment.is_explained and (spoken.of_card or spoken.of_ssn)


def _whole(
    joined: str, cards: _Cards, used: Sequence[Piece], groups: Sequence[_Group], spoken: Spoken
) -> tuple[str, int, bool] | None:
    """Kind, length and strength of the number that these digits are."""
    size = len(joined)
    if size == _SSN:
        return ("ssn", _SSN, True) if is_valid(joined) and _is_ssn(used, groups, spoken) else None
    before, after = _left_over(used, groups)
    if not spoken.of_card and (before or after > _MOST_BESIDE):
        return None
    if cards.are(size):
        is_strong = size in STRONG
        if is_strong or spoken.of_card or all(_is_plain(piece.fragment) for piece in used):
            return "card", size, is_strong and not _may_be_longer(joined)
    for length in STRONG:  # its code follows without anything between
        if size - length in _BESIDE and size - length < groups[-1].size and cards.are(length):
            return "card", length, False
    return None


def _is_plain(fragment: Fragment) -> bool:
    return fragment.is_pure and not fragment.is_explained and not fragment.is_signed


def _may_be_longer(digits: str) -> bool:
    """Whether numbers of this brand often have more digits than these: UnionPay's and Maestro's are of any length."""
    if len(digits) == STRONG[0] and digits.startswith(_SIXTEEN):
        return False
    return can_become_card(digits + "0")


def _left_over(used: Sequence[Piece], groups: Sequence[_Group]) -> tuple[int, int]:
    """How many digits of its own first and last piece the window leaves out."""
    last = groups[-1]
    return groups[0].begin, len(used[-1].fragment.digits) - last.begin - last.size


def _is_ssn(used: Sequence[Piece], groups: Sequence[_Group], spoken: Spoken) -> bool:
    """Nine digits are one where it is spoken of, or where they are parted as one."""
    if any(piece.fragment.is_explained for piece in used):
        return False
    if spoken.of_ssn:
        return True
    if not all(_is_plain(piece.fragment) for piece in used):
        return False
    return _SSN_LAYOUT in (tuple(group.size for group in groups), _glued(used, groups))


def _glued(used: Sequence[Piece], groups: Sequence[_Group]) -> tuple[int, ...]:
    """The sizes of the groups where one that ends a message and one that begins the next are the same group, cut in two."""
    first = groups[0].piece
    sizes = [groups[0].size]
    for one, other in pairwise(groups):
        before, after = used[one.piece - first].fragment, used[other.piece - first].fragment
        if one.piece != other.piece and before.ends_with_digit and after.begins_with_digit:
            sizes[-1] += other.size
        else:
            sizes.append(other.size)
    return tuple(sizes)


def _as_whole(
    kind: str, row: Sequence[Piece], start: _Group, length: int, is_over: bool, used: Sequence[Piece]
) -> Whole:
    places = [
        (piece.index, number)
        for position, piece in enumerate(row)
        if position >= start.piece
        for number in range(len(piece.fragment.digits))
        if position > start.piece or number >= start.begin
    ]
    indexes = [piece.index for piece in used]
    tail = frozenset(places[length - 4 : length]) if kind == "card" and is_over else frozenset()
    return Whole(kind, min(indexes), max(indexes), length, is_over, tail)


def _parts(row: Sequence[Piece], new: int, spoken: Spoken) -> Iterator[Part]:
    groups = list(_groups(row))
    end = max(position for position, piece in enumerate(row) if piece.index == new) + 1
    for group in groups:
        if group.piece >= end:
            return
        if not row[group.piece].fragment.may_begin_at(group.number):
            continue
        used = row[group.piece : end]
        if sum(len(piece.fragment.digits) for piece in used) - group.begin > LONGEST:
            continue
        rest = "".join(piece.fragment.digits for piece in used)[group.begin :]
        indexes = tuple(piece.index for piece in used)
        if _is_begun_ssn(used, rest, spoken):
            yield Part(indexes, SHOWN_OF_SSN, len(rest))
        elif _is_begun_card(used, rest, spoken):
            yield Part(indexes, SHOWN_OF_CARD, len(rest))


def _is_begun_ssn(used: Sequence[Piece], digits: str, spoken: Spoken) -> bool:
    if not SHOWN_OF_SSN < len(digits) <= _SSN or not can_become_ssn(digits):
        return False
    if any(piece.fragment.is_explained or piece.fragment.is_foreign for piece in used):
        return False
    return spoken.of_ssn or (used[-1].fragment.ends_with_dash and _layout(used) == _SSN_LAYOUT[:2])


def _is_begun_card(used: Sequence[Piece], digits: str, spoken: Spoken) -> bool:
    if not SHOWN_OF_CARD < len(digits) <= LONGEST:
        return False
    is_end = len(used) == 1 and used[0].fragment.is_last  # of what is still to come
    if not (can_become_card(digits) or is_end):
        return False
    if any(piece.fragment.is_foreign for piece in used):
        return False
    if spoken.of_card:
        return len(used) > 1 or used[0].fragment.is_one_row
    if any(piece.fragment.is_explained or piece.fragment.is_signed for piece in used):
        return False
    return len(used) > 1 or _begins_alone(used[0].fragment, digits)


def _begins_alone(fragment: Fragment, digits: str) -> bool:
    """Whether one message may be the beginning of a card: parted as one, and not a whole one that is none."""
    is_parted_as_card = fragment.may_begin_card and fragment.is_one_row
    return is_parted_as_card and not (len(digits) >= STRONG[0] and digits.startswith(_SIXTEEN))


def _layout(used: Sequence[Piece]) -> tuple[int, ...]:
    return tuple(size for piece in used for size in piece.fragment.sizes)


def _groups(row: Sequence[Piece]) -> Iterator[_Group]:
    for position, piece in enumerate(row):
        begins = accumulate(piece.fragment.sizes, initial=0)
        for number, (begin, size) in enumerate(zip(begins, piece.fragment.sizes, strict=False)):
            yield _Group(position, number, begin, size)
