"""Bars of a plot, as numbers for an SVG: no library, no script, no style. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

WIDTH: Final = 600
HEIGHT: Final = 120
_GAP: Final = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One day."""

    x: int
    y: int
    width: int
    height: int
    day: date
    value: int


def bars(days: Sequence[tuple[date, int]]) -> list[Bar]:
    """From left to right; the highest reaches the top, and what is not nothing is seen."""
    highest = max((value for _, value in days), default=0)
    if not highest:
        return []
    step = WIDTH // len(days)
    found = []
    for number, (day, value) in enumerate(days):
        height = max(2, round(value / highest * HEIGHT)) if value else 0
        found.append(Bar(number * step, HEIGHT - height, step - _GAP, height, day, value))
    return found
