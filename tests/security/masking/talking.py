"""A visitor's conversation for the tests of joining: what was shown after each message, and in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from security.masking import Stream
from security.masking.splitting.verdicts import HELD_TEXT as HELD

__all__ = ["HELD", "Told", "finally_", "say"]
EVERY = 3.0
Line = str | tuple[str, str]


@dataclass(slots=True)
class Told:
    """`live` is the transcript as it stood after each message."""

    stream: Stream
    live: list[list[str]] = field(default_factory=list)

    @property
    def shown(self) -> list[str]:
        return [str(text) for text in self.stream.transcript()]


def say(*lines: Line, every: float = EVERY) -> Told:
    """The visitor's lines, or ("agent", line), some seconds apart."""
    told = Told(Stream())
    for number, line in enumerate(lines):
        if isinstance(line, tuple):
            told.stream.feed(line[1], author="agent", at=number * every)
        else:
            told.stream.feed(line, at=number * every)
        told.live.append(told.shown)
    return told


def finally_(*lines: Line) -> list[str]:
    """What is shown when nothing more comes."""
    told = say(*lines)
    told.stream.settle()
    return told.shown
