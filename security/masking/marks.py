"""Places that look as masking leaves them, in a text that arrived so: a browser masks before it sends, and the server sees bullets.

Danger: anybody can type bullets. Rule: what is found here is counted and shown, or makes masking stricter; nothing is spared by it. Proof:
tests/security/masking/test_marks.py.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from security.masking.render import BULLET
from security.masking.text import MaskedText

BROWSER: Final = "browser"
"""The rule under which they are counted."""
_GAP: Final = r"[ .,/_-]{0,3}"
_CARD: Final = re.compile(
    rf"(?<![{BULLET}0-9]){BULLET}(?:{_GAP}{BULLET}){{7,18}}(?:{_GAP}[0-9]){{0,4}}(?!{_GAP}[{BULLET}0-9])"
)
_SSN: Final = re.compile(rf"(?<![{BULLET}0-9-]){BULLET}{{3}}-{BULLET}{{2}}-{BULLET}{{4}}(?![{BULLET}0-9-])")
_LENGTHS: Final = range(12, 20)
_UNLIKE: Final = frozenset({"card", "ssn", "cvv", "expiry", "held", "withheld", "email", "secret"})
"""Kinds that leave no such groups of bullets, or are these."""


def marks_in(text: str) -> dict[str, int]:
    """How many places of each kind look masked: bullets of a card's length with at most four digits behind, and `•••-••-••••`."""
    if BULLET not in text:
        return {}
    cards = sum(_symbols(match[0]) in _LENGTHS for match in _CARD.finditer(text))
    found = {"card": cards, "ssn": sum(1 for _ in _SSN.finditer(text))}
    return {kind: count for kind, count in found.items() if count}


def unfound(text: MaskedText) -> dict[str, int]:
    """Those of them that masking here did not make itself."""
    marks = marks_in(text)
    if not marks:
        return {}
    found = Counter(finding.kind for finding in text.findings)
    others = sum(count for kind, count in found.items() if kind not in _UNLIKE)  # theirs may look the same
    left = {kind: count - found[kind] - others for kind, count in marks.items()}
    return {kind: count for kind, count in left.items() if count > 0}


def _symbols(mark: str) -> int:
    return sum(char == BULLET or char.isdigit() for char in mark)
