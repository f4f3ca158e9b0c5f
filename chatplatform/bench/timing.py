"""How long something takes, told by its median."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Final

ROUNDS: Final = 5


def timed(work: Callable[[], object]) -> float:
    """The median of some rounds, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return round(median(taken), 1)
