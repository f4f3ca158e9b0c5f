"""What stands in the place of what was found: overlaps resolved, digits replaced, origins kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from security.masking.scan import Candidate
from security.masking.tables import INVISIBLE, tables

BULLET: Final = "•"
_SSN: Final = "•••-••-••••"
_KEPT: Final = 4
_GROUP: Final = 4
_RANK: Final = {"card": 0, "ssn": 1, "custom": 2}


@dataclass(frozen=True, slots=True)
class Replacement:
    """One place to mask; `whole` says that nothing was cut off it by a longer finding."""

    kind: str
    start: int
    end: int
    rule: str
    reasons: tuple[str, ...]
    keeps_last_four: bool
    whole: bool


def resolved(candidates: Iterable[Candidate]) -> list[Replacement]:
    """Give candidates without overlap: longest first, then card, SSN, custom; what was covered stays covered."""
    found = list(candidates)
    built_in = _united(candidate for candidate in found if candidate.kind != "custom")
    ordered = sorted(
        [*built_in, *(candidate for candidate in found if candidate.kind == "custom")],
        key=lambda c: (c.start - c.end, _RANK[c.kind], c.start),
    )
    owners: dict[int, int] = {}
    for index, candidate in enumerate(ordered):
        for place in range(candidate.start, candidate.end):
            owners.setdefault(place, index)
    return list(_stretches(ordered, owners))


def replaced(
    text: str, origins: Sequence[int], replacements: Sequence[Replacement], keeps: bool, limit: int | None
) -> tuple[str, list[int]]:
    """`text` with its replacements, and where each character came from; within `limit`, if one is given."""
    result = _written(text, origins, replacements, keeps, compact=False)
    if limit is not None and len(result[0]) > limit:
        result = _written(text, origins, replacements, keeps, compact=True)
    return result


def _united(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Overlapping numbers as one: whichever of them is the true one, none of its digits stays."""
    current: Candidate | None = None
    longest = 0
    for candidate in sorted(candidates, key=lambda c: (c.start, -c.end, _RANK[c.kind])):
        if current is None or candidate.start >= current.end:
            if current is not None:
                yield current
            current, longest = candidate, candidate.end - candidate.start
            continue
        length = candidate.end - candidate.start
        lead = candidate if length > longest else current
        last = candidate if candidate.end > current.end else current
        longest = max(longest, length)
        current = Candidate(
            "card" if "card" in (current.kind, candidate.kind) else lead.kind,
            current.start,
            last.end,
            lead.rule,
            lead.reasons,
            last.keeps_last_four,
        )
    if current is not None:
        yield current


def _stretches(ordered: Sequence[Candidate], owners: dict[int, int]) -> Iterator[Replacement]:
    # Neighbours of one stretch differ by 1 in place, so place minus rank is the same along it.
    ranked = enumerate(sorted(owners))
    for (index, _), run in groupby(ranked, key=lambda item: (owners[item[1]], item[1] - item[0])):
        places = [place for _, place in run]
        owner, start, end = ordered[index], places[0], places[-1] + 1
        whole = (start, end) == (owner.start, owner.end)
        yield Replacement(owner.kind, start, end, owner.rule, owner.reasons, whole and owner.keeps_last_four, whole)


def _written(
    text: str, origins: Sequence[int], replacements: Sequence[Replacement], keeps: bool, compact: bool
) -> tuple[str, list[int]]:
    pieces: list[str] = []
    places: list[int] = []
    done = 0
    for item in replacements:
        pieces.append(text[done : item.start])
        places.extend(origins[done : item.start])
        for char, offset in _shown(text[item.start : item.end], item, keeps, compact):
            pieces.append(char)
            places.append(origins[item.start + offset])
        done = item.end
    pieces.append(text[done:])
    places.extend(origins[done : len(text)])
    places.append(origins[len(text)])
    return "".join(pieces), places


def _shown(span: str, item: Replacement, keeps: bool, compact: bool) -> Iterator[tuple[str, int]]:
    """The characters that are shown for `span`, each with the offset it stands for."""
    if item.kind == "custom":
        shown = BULLET * len(span) if compact else item.rule
        yield from ((char, min(i, len(span) - 1)) for i, char in enumerate(shown))
    elif item.kind == "ssn" and item.whole and not compact:
        yield from ((char, min(i, len(span) - 1)) for i, char in enumerate(_SSN))
    else:
        yield from _bulleted(span, _KEPT if keeps and item.keeps_last_four else 0, compact)


def _bulleted(span: str, kept: int, compact: bool) -> Iterator[tuple[str, int]]:
    """Digits as bullets but the last `kept`; visible separators as they were, groups of four where there are none."""
    classes = span.translate(tables().classes)
    digits = sum(letter.isdigit() for letter in classes)
    visible = sum(letter != INVISIBLE for letter in classes)
    grouped = digits == visible and not compact
    seen = 0
    for offset, letter in enumerate(classes):
        if letter == INVISIBLE:
            continue
        if not letter.isdigit():
            yield span[offset], offset
            continue
        if grouped and seen and (seen == digits - kept or (seen < digits - kept and seen % _GROUP == 0)):
            yield " ", offset
        yield (letter if seen >= digits - kept else BULLET), offset
        seen += 1
