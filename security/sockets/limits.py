"""How often and how many: counters of one process, in memory. Time comes in as a parameter."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, OrderedDict
from typing import Protocol

from security.sockets.codes import CloseCode


class Rate:
    """At most `limit` events in any `seconds`, exactly: a sliding window of moments."""

    __slots__ = ("limit", "moments", "seconds")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        # A list, since an idle socket holds one moment: a deque costs 600 bytes before its first item.
        self.moments: list[float] = []

    def spend(self, now: float) -> float:
        """Count one event: 0.0, or the seconds to wait when it is one too many (which is not counted)."""
        moments = self.moments
        if moments and moments[0] <= now - self.seconds:
            del moments[: bisect_right(moments, now - self.seconds)]
        if len(moments) >= self.limit:
            return moments[0] + self.seconds - now
        moments.append(now)
        return 0.0

    def give_back(self) -> None:
        """What was counted last was refused for another reason."""
        self.moments.pop()


class Work:
    """Seconds of the process's time: at most `limit` in about `seconds`, by a level that sinks evenly."""

    __slots__ = ("_at", "_level")

    def __init__(self) -> None:
        self._at = 0.0
        self._level = 0.0

    def spend(self, cost: float, now: float, *, limit: float, seconds: float) -> bool:
        """Count `cost`, which may be 0; False while it is too much."""
        self._level = max(0.0, self._level - (now - self._at) * limit / seconds) + cost
        self._at = now
        return self._level <= limit

    @property
    def last_at(self) -> float:
        """When it was counted last."""
        return self._at


class AddressWork:
    """The work for all anonymous sockets of an address, so that coming again does not begin anew."""

    FORGOTTEN_AFTER = 60.0

    def __init__(self) -> None:
        self._work: OrderedDict[str | None, Work] = OrderedDict()

    def spend(self, address: str | None, cost: float, now: float, *, limit: float, seconds: float) -> bool:
        """As `Work.spend`."""
        work = self._work.pop(address, None) or Work()
        self._work[address] = work
        oldest = next(iter(self._work))
        if self._work[oldest].last_at < now - self.FORGOTTEN_AFTER and oldest != address:
            del self._work[oldest]
        return work.spend(cost, now, limit=limit, seconds=seconds)

    def __len__(self) -> int:
        return len(self._work)


class AddressCount:
    """Open anonymous sockets by client address; an unknown address is one address."""

    def __init__(self) -> None:
        self._open: Counter[str | None] = Counter()

    def enter(self, address: str | None, limit: int) -> bool:
        """Count one more, unless `limit` are open already."""
        if self._open[address] >= limit:
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str | None) -> None:
        """Count one less; exactly once for each that entered."""
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]


class Closable(Protocol):
    """A socket as the limits see it."""

    def cut(self, code: CloseCode, /) -> None:
        """Close it now, without what is still queued."""


class Seats:
    """The sockets of each person or visitor in this process: one too many replaces the oldest."""

    def __init__(self) -> None:
        self._taken: dict[str, OrderedDict[Closable, None]] = {}

    def take(self, key: str, socket: Closable, limit: int) -> None:
        """Seat `socket`; the oldest beyond `limit` is closed with REPLACED."""
        seats = self._taken.setdefault(key, OrderedDict())
        seats[socket] = None
        while len(seats) > limit:
            oldest, _ = seats.popitem(last=False)
            oldest.cut(CloseCode.REPLACED)

    def leave(self, key: str, socket: Closable) -> None:
        """Free the seat; leaving twice, or after being replaced, is no error."""
        seats = self._taken.get(key)
        if seats is None:
            return
        seats.pop(socket, None)
        if not seats:
            del self._taken[key]

    def of(self, key: str) -> tuple[Closable, ...]:
        """The sockets seated under `key`, oldest first."""
        return tuple(self._taken.get(key, ()))
