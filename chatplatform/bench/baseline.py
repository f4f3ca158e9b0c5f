"""What most would write: a compiled pattern and Luhn. It stands beside ours in every run."""

import re
from typing import Final

_CARD: Final = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")
_SSN: Final = re.compile(r"\b\d{3}-\d{2}-\d{4}\b")


def mask(text: str) -> str:
    """Replace what looks like a card and passes Luhn, and what is written like an SSN."""
    return _SSN.sub("•••-••-••••", _CARD.sub(_card, text))


def _card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    total = sum(
        value if place % 2 == 0 else (value * 2 if value < 5 else value * 2 - 9)
        for place, value in enumerate(map(int, reversed(digits)))
    )
    return f"•••• •••• •••• {digits[-4:]}" if total % 10 == 0 else match[0]
