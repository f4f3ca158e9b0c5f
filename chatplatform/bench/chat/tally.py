"""Each message's way, counted: acknowledged once, delivered once to each of two, in order. What is not is lost, doubled or disordered.

Danger: a benchmark that counts what it sent has measured nothing. Rule: a message is finished when its acknowledgement and both deliveries have been
seen, and what is missing at the end of a phase is said. Proof: tests/chatplatform/bench/chat/test_tally.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

ARRIVALS: Final = 3
"""Of one message: the acknowledgement, and two deliveries."""


@dataclass(slots=True)
class Stream:
    """What one socket gets of one conversation, as acknowledgements or as deliveries; the first number is behind `last`."""

    last: int = -1
    missing: set[int] = field(default_factory=set)
    doubled: int = 0
    disordered: int = 0

    def take(self, number: int) -> bool:
        """Note an arrival; False for one that was there before."""
        if number == self.last + 1:
            self.last = number
            return True
        if number > self.last:
            self.missing.update(range(self.last + 1, number))
            self.last = number
            return True
        if number in self.missing:
            self.missing.discard(number)
            self.disordered += 1
            return True
        self.doubled += 1
        return False

    def lost(self, end: int) -> int:
        """Of the messages before `end` those that have not arrived."""
        return len(self.missing) + end - 1 - self.last


@dataclass(slots=True)
class Faults:
    """Arrivals that are missing, too many, out of order, or show what was to be masked."""

    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    unmasked: int = 0

    @property
    def any(self) -> bool:
        return bool(self.lost or self.doubled or self.disordered or self.unmasked)


Finished = Callable[[int, int], None]


class Tally:
    """The arrivals of one phase of `conversations`, numbered from `first` on; what comes of an earlier phase is not looked at.

    `on_finished` is called with conversation and number of each message that is complete.
    """

    def __init__(self, conversations: int, on_finished: Finished, *, first: int = 0) -> None:
        self.finished = 0
        self._first = first
        self._next = [first] * conversations
        self._streams: dict[tuple[int, int], Stream] = {}
        self._unmasked = 0
        self._open: dict[tuple[int, int], int] = {}
        self._on_finished = on_finished
        for conversation in range(conversations):
            for receiver in range(ARRIVALS):
                self._streams[receiver, conversation] = Stream(first - 1)

    def send(self, conversation: int) -> int:
        """The number of the next message."""
        number = self._next[conversation]
        self._next[conversation] = number + 1
        self._open[conversation, number] = ARRIVALS
        return number

    def arrived(self, receiver: int, conversation: int, number: int) -> None:
        """Receiver 0 is the sender, who gets acknowledgements."""
        if number < self._first or not self._streams[receiver, conversation].take(number):
            return
        key = (conversation, number)
        left = self._open.get(key, 0) - 1
        if left:
            self._open[key] = left
        else:
            del self._open[key]
            self.finished += 1
            self._on_finished(conversation, number)

    def show_unmasked(self) -> None:
        """A frame showed what was to be hidden."""
        self._unmasked += 1

    @property
    def is_complete(self) -> bool:
        """Whether all that was sent has arrived."""
        return not self._open

    @property
    def faults(self) -> Faults:
        """As of now; ask when nothing more is to come."""
        found = Faults(unmasked=self._unmasked)
        for (_, conversation), stream in self._streams.items():
            found.lost += stream.lost(self._next[conversation])
            found.doubled += stream.doubled
            found.disordered += stream.disordered
        return found
