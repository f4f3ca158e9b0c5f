"""What stands in the place of what was found: overlaps resolved, digits replaced, origins kept."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

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
_DIGIT: Final = re.compile("[0-9]")

Piece = tuple[str, Sequence[int]]  # what is shown, and the place that each of its characters stands for


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


def resolved(candidates: Iterable[Candidate]) -> list[Replacement]:
    """Give candidates without overlap: longest first, then card, SSN, custom; what was covered stays covered."""
    found = list(candidates)
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
) -> tuple[str, list[int]]:
    """`text` with its replacements, and where each character came from; within `limit`, if one is given."""
    pieces: list[Piece] = []
    length = 0
    for piece in _pieces(text, replacements, keeps, compact=False):
        length += len(piece[0])
        if limit is not None and length > limit:
            return _joined(_pieces(text, replacements, keeps, compact=True), text, origins)
        pieces.append(piece)
    return _joined(pieces, text, origins)


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
        yield text[done : item.start], range(done, item.start)
        shown, offsets = _shown(text[item.start : item.end], item, keeps, compact)
        yield shown, [item.start + offset for offset in offsets]
        done = item.end
    yield text[done:], range(done, len(text))


def _joined(pieces: Iterable[Piece], text: str, origins: Sequence[int]) -> tuple[str, list[int]]:
    shown: list[str] = []
    places: list[int] = []
    for piece, offsets in pieces:
        shown.append(piece)
        if isinstance(offsets, range):
            places += origins[offsets.start : offsets.stop]
        else:
            places += [origins[place] for place in offsets]
    return "".join(shown), [*places, origins[len(text)]]


def _shown(span: str, item: Replacement, keeps: bool, compact: bool) -> Piece:
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


def _lettered(span: str, kept: int) -> Piece:
    """Letters and digits as bullets but the last `kept`, if there are more than these."""
    places = [place for place, char in enumerate(span) if char.isalnum()]
    shown = list(span)
    for place in places[: len(places) - kept] if len(places) > kept else places:
        shown[place] = BULLET
    return "".join(shown), range(len(span))


def _bulleted(span: str, item: Replacement, kept: int, compact: bool) -> Piece:
    """Digits as bullets but the last `kept`; visible separators as they were, groups of four where there are none."""
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
