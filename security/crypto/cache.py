"""Clear keys in memory, at most 60 seconds after they were read: an erased key is gone from everywhere by then."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

LIFETIME: Final = 60.0  # seconds
CAPACITY: Final = 20_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ShortLived(Generic[K, V]):
    """A bounded, thread-safe map whose entries end by themselves; the oldest entry gives way to a new one."""

    def __init__(self, *, capacity: int = CAPACITY, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._capacity = capacity
        self._clock = clock
        self._lock = threading.Lock()

    def now(self) -> float:
        """Take the time before reading what will be put: an entry's life begins when it was true."""
        return self._clock()

    def get(self, key: K) -> V | None:
        """The value, unless it has ended."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            value, ends_at = entry
            if ends_at <= self._clock():
                del self._entries[key]
                return None
            return value

    def put(self, key: K, value: V, read_at: float) -> None:
        """Keep `value` until 60 seconds after `read_at`."""
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = (value, read_at + LIFETIME)
            self._drop_ended()
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def forget(self, key: K) -> None:
        """End one entry now."""
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        """End all entries now."""
        with self._lock:
            self._entries.clear()

    def _drop_ended(self) -> None:
        # Entries lie in about the order in which they end, so looking at the front is enough to free memory.
        now = self._clock()
        while self._entries:
            key = next(iter(self._entries))
            if self._entries[key][1] > now:
                return
            del self._entries[key]
