"""From characters to groups of digits, and from groups to chains: what a number may be written across."""

import re
from dataclasses import dataclass
from typing import Final

from security.masking.tables import COMMA, DASH, DOT, INVISIBLE, OTHER_SEPARATOR, SPACE

MAX_GAP: Final = 6  # visible separators between two groups of one number

_GROUP: Final = re.compile(f"[0-9](?:{INVISIBLE}*[0-9])*")
_SEPARATORS: Final = frozenset((SPACE, DASH, DOT, COMMA, OTHER_SEPARATOR))


@dataclass(frozen=True, slots=True)
class Group:
    """Digits that nothing visible parts, at `start:end` of the text."""

    start: int
    end: int
    digits: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Groups with nothing but separators between them; `gaps[i]` (visible classes) lies before `groups[i + 1]`."""

    groups: tuple[Group, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number that was recognised at `start:end`."""

    kind: str
    start: int
    end: int
    rule: str
    reasons: tuple[str, ...]
    keeps_last_four: bool = False


def chains(classes: str) -> list[Chain]:
    """Every chain of the text, given its class letters; linear in its length."""
    found: list[Chain] = []
    groups: list[Group] = []
    gaps: list[str] = []
    for match in _GROUP.finditer(classes):
        group = Group(match.start(), match.end(), match.group().replace(INVISIBLE, ""))
        if groups:
            gap = classes[groups[-1].end : group.start].replace(INVISIBLE, "")
            if len(gap) <= MAX_GAP and _SEPARATORS.issuperset(gap):
                gaps.append(gap)
            else:
                found.append(Chain(tuple(groups), tuple(gaps)))
                groups, gaps = [], []
        groups.append(group)
    if groups:
        found.append(Chain(tuple(groups), tuple(gaps)))
    return found
