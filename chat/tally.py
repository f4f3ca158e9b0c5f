"""What rules would hide, in counts and shapes: `EMP-123456` is `AAA-999999`. Pure.

Danger: a result that quotes what it found is a leak of its own. Rule: of a hit its shape is kept, and of shapes the most frequent few. Proof:
tests/chat/test_tally.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from security.masking import MaskedText

LONGEST_SHAPE: Final = 40
MOST_SHAPES: Final = 5
_REMEMBERED: Final = 50
_KEPT: Final = frozenset(" -./:@,+()_•")


def shape_of(text: str) -> str:
    """Each letter an `A`, each digit a `9`; of other characters only the usual separators stay."""
    shown = "".join(_class_of(char) for char in text[:LONGEST_SHAPE])
    return f"{shown}…" if len(text) > LONGEST_SHAPE else shown


def _class_of(char: str) -> str:
    if char.isdigit():
        return "9"
    if char.isalpha():
        return "A"
    return " " if char.isspace() else char if char in _KEPT else "?"


@dataclass(slots=True)
class Hits:
    """Of one rule: how many messages it touches, how often, and what the places look like."""

    messages: int = 0
    hits: int = 0
    shapes: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Tally:
    """Of all rules; goes into a row of the database between two steps and comes back."""

    read: int = 0
    touched: int = 0
    rules: dict[tuple[str, str], Hits] = field(default_factory=dict)

    def add(self, text: str, masked: MaskedText) -> None:
        """Count what was found in `text`."""
        self.read += 1
        if not masked.findings:
            return
        self.touched += 1
        seen = set()
        for finding in masked.findings:
            key = (finding.kind, finding.rule)
            hits = self.rules.setdefault(key, Hits())
            hits.hits += 1
            hits.messages += key not in seen
            seen.add(key)
            shape = shape_of(text[finding.start : finding.end])
            if shape in hits.shapes or len(hits.shapes) < _REMEMBERED:
                hits.shapes[shape] += 1

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        rules = [
            {"kind": kind, "rule": rule, "messages": one.messages, "hits": one.hits, "shapes": dict(one.shapes)}
            for (kind, rule), one in self.rules.items()
        ]
        return {"read": self.read, "touched": self.touched, "rules": rules}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """What `plain` gave; an empty one for nothing."""
        rules = {
            (str(one["kind"]), str(one["rule"])): Hits(one["messages"], one["hits"], Counter(one["shapes"]))
            for one in plain.get("rules", ())
        }
        return cls(int(plain.get("read", 0)), int(plain.get("touched", 0)), rules)
