"""What stands in the place of what was found: overlaps resolved, digits replaced, origins kept."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple, overload

from security.masking.folding import INVISIBLE
from security.masking.reading.scan import Candidate
from security.masking.tables import tables

BULLET: Final = "•"
_SSN: Final = "•••-••-••••"
_KEPT: Final = 4
_GROUP: Final = 4
_RANK: Final = {"card": 0, "ssn": 1, "custom": 9}
_OTHERS: Final = 2
LABELS: Final = {"email": "[email]", "secret": "[secret]"}  # packs whose findings have no shape worth to be kept
_LETTERED: Final = frozenset({"iban", "nino", "custom"})  # their letters are hidden as their digits are
_NOBODY: Final = -1
_HIDDEN: Final = dict.fromkeys(range(ord("0"), ord("9") + 1), BULLET)
_DIGIT: Final = re.compile("[0-9]")

# What is shown, the offset that each of its characters stands for, and where these are counted from.
Piece = tuple[str, Sequence[int], int]


class Replacement(NamedTuple):
    """One place to mask; `whole` says that nothing was cut off it by a longer finding."""

    kind: str
    start: int
    end: int
    rule: str
    reasons: tuple[str, ...]
    kept: int
    whole: bool
    digits: str = ""
    places: tuple[int, ...] = ()


class Origins(Sequence[int]):
    """Where each character of a masked text came from, which is worked out when it is asked: most texts are masked once."""

    __slots__ = ("_before", "_length", "_pieces", "_places")

    def __init__(self, pieces: Sequence[Piece], before: Sequence[int], length: int) -> None:
        self._pieces, self._before, self._length = pieces, before, length
        self._places: list[int] = []

    def __len__(self) -> int:
        return len(self._known())

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        return self._known()[place]

    def _known(self) -> list[int]:
        if not self._places:
            before = self._before
            for _, offsets, base in self._pieces:
                if isinstance(offsets, range):
                    self._places += before[base + offsets.start : base + offsets.stop]
                else:
                    self._places += [before[base + offset] for offset in offsets]
            self._places.append(before[self._length])
        return self._places


def resolved(candidates: Iterable[Candidate]) -> list[Replacement]:
    """Give candidates without overlap: longest first, then card, SSN, custom; what was covered stays covered."""
    found = list(candidates)
    if len(found) <= 1:
        return [_replacement(one, one.start, one.end) for one in found]
    custom = [candidate for candidate in found if candidate.kind == "custom"]
    built_in = _united(candidate for candidate in found if candidate.kind != "custom")
    if not custom:
        return [_replacement(c, c.start, c.end) for c in built_in]
    ordered = sorted([*built_in, *custom], key=lambda c: (c.start - c.end, _rank(c), c.start))
    owners = [_NOBODY] * max(candidate.end for candidate in ordered)
    for index, candidate in enumerate(ordered):
        span = slice(candidate.start, candidate.end)
        owners[span] = [index if owner == _NOBODY else owner for owner in owners[span]]
    return list(_stretches(ordered, owners))


def replaced(
    text: str, origins: Sequence[int], replacements: Sequence[Replacement], keeps: bool, limit: int | None
) -> tuple[str, Sequence[int]]:
    """`text` with its replacements, and where each character came from; within `limit`, if one is given."""
    pieces: list[Piece] = []
    length = 0
    for piece in _pieces(text, replacements, keeps, compact=False):
        length += len(piece[0])
        if limit is not None and length > limit:
            pieces = list(_pieces(text, replacements, keeps, compact=True))
            break
        pieces.append(piece)
    return "".join([piece[0] for piece in pieces]), Origins(pieces, origins, len(text))


def _united(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Overlapping numbers as one: whichever of them is the true one, none of its digits stays."""
    clusters: list[list[Candidate]] = []
    reached = 0
    for candidate in sorted(candidates, key=lambda c: (c.start, -c.end, _rank(c))):
        if candidate.start >= reached:
            clusters.append([])
        clusters[-1].append(candidate)
        reached = max(reached, candidate.end)
    return [_one(cluster) if len(cluster) > 1 else cluster[0] for cluster in clusters]


def _one(cluster: Sequence[Candidate]) -> Candidate:
    """From the first of them to the end of the last; the longest speaks for all."""
    lead = max(cluster, key=lambda c: c.end - c.start)
    last = max(cluster, key=lambda c: c.end)
    kind = min(cluster, key=_rank).kind
    start, end = cluster[0].start, last.end
    if (lead.start, lead.end) == (start, end):
        return lead._replace(kind=kind)
    spelled = any(found.digits and not found.places for found in cluster)
    places = () if spelled else tuple(sorted({place for found in cluster for place in found.places}))
    digits = "".join(found.digits for found in cluster) if spelled else ""
    kept = 0 if spelled or places else last.kept
    return Candidate(kind, start, end, lead.rule, lead.explain, kept, digits, places)


def _stretches(ordered: Sequence[Candidate], owners: Sequence[int]) -> Iterator[Replacement]:
    start = 0
    for index, run in groupby(owners):
        end = start + sum(1 for _ in run)
        if index != _NOBODY:
            yield _replacement(ordered[index], start, end)
        start = end


def _replacement(found: Candidate, start: int, end: int) -> Replacement:
    """What is left to `found` of its place: all of it, or a part of which nothing is kept."""
    if (start, end) == (found.start, found.end):
        return Replacement(
            found.kind, start, end, found.rule, found.explain(), found.kept, True, found.digits, found.places
        )
    return Replacement(found.kind, start, end, found.rule, found.explain(), 0, False)


def _rank(found: Candidate) -> int:
    return _RANK.get(found.kind, _OTHERS)


def _pieces(text: str, replacements: Sequence[Replacement], keeps: bool, compact: bool) -> Iterator[Piece]:
    done = 0
    for item in replacements:
        yield text[done : item.start], range(item.start - done), done
        yield *_shown(text[item.start : item.end], item, keeps, compact), item.start
        done = item.end
    yield text[done:], range(len(text) - done), done


def _shown(span: str, item: Replacement, keeps: bool, compact: bool) -> tuple[str, Sequence[int]]:
    """The characters that are shown for `span`, each with the offset it stands for."""
    kept = item.kept if keeps or item.kind == "custom" else 0
    if item.kind in LABELS:
        shown = BULLET * len(span) if compact else LABELS[item.kind]
    elif item.kind in _LETTERED and (item.kind != "custom" or item.kept):
        return _lettered(span, kept)
    elif item.kind == "custom":
        shown = BULLET * len(span) if compact else item.rule
    elif item.kind == "ssn" and item.rule == "ssn" and item.whole and not compact:
        shown = _SSN
    elif item.digits and not item.places:
        hidden = len(item.digits) - kept
        shown = BULLET * min(hidden, len(span)) if compact else _grouped(hidden, kept)[0] + item.digits[hidden:]
    else:
        return _bulleted(span, item, kept, compact)
    return shown, [min(offset, len(span) - 1) for offset in range(len(shown))]


def _lettered(span: str, kept: int) -> tuple[str, Sequence[int]]:
    """Letters and digits as bullets but the last `kept`, if there are more than these."""
    places = [place for place, char in enumerate(span) if char.isalnum()]
    shown = list(span)
    for place in places[: len(places) - kept] if len(places) > kept else places:
        shown[place] = BULLET
    return "".join(shown), range(len(span))


def _bulleted(span: str, item: Replacement, kept: int, compact: bool) -> tuple[str, Sequence[int]]:
    """Digits as bullets but the last `kept`; visible separators as they were, groups of four where there are none."""
    last = span[len(span) - kept :]
    if not item.places and span.isascii() and span.isprintable() and (not kept or last.isdigit()):
        if span.isdigit() and len(span) > _GROUP and not compact:
            bullets, offsets = _grouped(len(span) - kept, kept)
            return bullets + last, offsets
        return span[: len(span) - kept].translate(_HIDDEN) + last, range(len(span))
    classes = _classes(span, item)
    places: Sequence[int] = range(len(classes))
    if INVISIBLE in classes:
        places = [place for place, letter in enumerate(classes) if letter != INVISIBLE]
        span = "".join([span[place] for place in places])
        classes = classes.replace(INVISIBLE, "")
    digits = [match.start() for match in _DIGIT.finditer(classes)]
    hidden = len(digits) - kept
    if len(digits) == len(classes) > _GROUP and not compact:
        bullets, offsets = _grouped(hidden, kept)
        return bullets + classes[hidden:], [places[offset] for offset in offsets]
    shown = list(span)
    for place in digits[:hidden]:
        shown[place] = BULLET
    for place in digits[hidden:]:
        shown[place] = classes[place]
    return "".join(shown), places


def _classes(span: str, item: Replacement) -> str:
    """`span` with a figure for each of its digits; letters that were read as one included."""
    classes = span if span.isascii() and span.isprintable() else span.translate(tables().folded)
    if not item.places:
        return classes
    letters = ["/" if letter.isdecimal() else letter for letter in classes]  # figures of an escape are none of its own
    for place, digit in zip(item.places, item.digits or "0" * len(item.places), strict=False):
        letters[place - item.start] = digit
    return "".join(letters)


@lru_cache(maxsize=256)
def _grouped(hidden: int, kept: int) -> tuple[str, tuple[int, ...]]:
    """Bullets in groups of four, and what each character stands for, those of the `kept` digits after them included."""
    bullets, offsets = [], []
    for offset in range(hidden):
        if offset and offset % _GROUP == 0:
            bullets.append(" ")
            offsets.append(offset)
        bullets.append(BULLET)
        offsets.append(offset)
    if hidden and kept:
        bullets.append(" ")
        offsets.append(hidden)
    return "".join(bullets), (*offsets, *range(hidden, hidden + kept))
