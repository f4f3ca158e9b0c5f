"""What one message costs the masking engine, beside a pattern and Luhn in the same run."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from chatplatform.bench import baseline
from security.masking import MaskingPolicy, Pattern, mask

RUNS: Final = 2_000
_WARM: Final = 50
_CLEAN: Final = "Hello, I would like to know when my parcel will arrive today"
_NUMBERS: Final = "Order 48213 of 12 May cost 39.90, call 555-2671 at 10:30 ok?"
_CARD: Final = "4242 4242 4242 4242"
_LONG: Final = f"{_CLEAN}. " * 34
_PATTERNS: Final = MaskingPolicy(
    patterns=tuple(Pattern(f"badge {number}", "format", f"B{number}-####") for number in range(20))
)


@dataclass(frozen=True, slots=True)
class Class:
    """A kind of message; `median_us` and the 99th percentile are what was agreed."""

    name: str
    text: str
    median_us: float
    policy: MaskingPolicy | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """Microseconds for one message of a class: ours, and the baseline's median."""

    name: str
    median_us: float
    p99_us: float
    baseline_us: float
    wanted_us: float


P99_US: Final = 300.0
CLASSES: Final = (
    Class("60 clean characters", _CLEAN, 5),
    Class("60 with ordinary numbers", _NUMBERS, 20),
    Class("60 with a card", f"my card is {_CARD}, thanks for all of the help", 80),
    Class("2,000 clean characters", _LONG[:2_000], 12),
    Class("2,000 with a card", f"{_LONG[:990]} {_CARD} {_LONG[:989]}", 150),
    Class("60 clean, 20 patterns", _CLEAN, 7, _PATTERNS),
)


def run(runs: int = RUNS, *, tick: Callable[[], None] = lambda: None) -> list[Time]:
    """Measure each class; CPU time, so that another process beside it does not count."""
    found = []
    for one in CLASSES:
        policy = one.policy
        ours = _times(lambda text, policy=policy: mask(text, policy), one.text, runs)  # type: ignore[misc]
        plain = _times(baseline.mask, one.text, runs)
        found.append(Time(one.name, _share(ours, 0.5), _share(ours, 0.99), _share(plain, 0.5), one.median_us))
        tick()
    return found


def shortfalls(times: list[Time]) -> list[str]:
    """Which classes take longer than agreed."""
    slow = [f"{t.name}: median {t.median_us:.1f} µs > {t.wanted_us:g} µs" for t in times if t.median_us > t.wanted_us]
    return slow + [f"{t.name}: p99 {t.p99_us:.0f} µs > {P99_US:g} µs" for t in times if t.p99_us > P99_US]


def lines(times: list[Time]) -> Iterator[str]:
    """As a person reads it."""
    yield f"{'µs per message':28}{'median':>9}{'p99':>9}{'wanted':>9}{'regex+Luhn':>12}"
    for t in times:
        yield f"{t.name:28}{t.median_us:9.1f}{t.p99_us:9.1f}{t.wanted_us:9g}{t.baseline_us:12.1f}"


def _times(measured: Callable[[str], object], text: str, runs: int) -> list[float]:
    for _ in range(_WARM):
        measured(text)
    taken = []
    for _ in range(runs):
        begun = time.process_time_ns()
        measured(text)
        taken.append((time.process_time_ns() - begun) / 1_000)
    return sorted(taken)


def _share(times: list[float], share: float) -> float:
    return times[min(int(len(times) * share), len(times) - 1)]
