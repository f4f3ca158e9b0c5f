"""How many speak with one provider at once.

Danger: a provider that lets everybody wait holds the threads of a process, until nobody else is answered. Rule: so many wait for one provider in one
process, and whoever comes then is told to come again. Proof: tests/security/identity/test_turns.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from security.errors import Denied

AT_ONCE: Final = 3
_lock = Lock()
_speaking: Counter[Hashable] = Counter()


@contextmanager
def turn(provider: Hashable) -> Iterator[None]:
    """One of the conversations with this provider. Denied("provider_busy") where there are enough."""
    with _lock:
        if _speaking[provider] >= AT_ONCE:
            raise Denied("provider_busy")
        _speaking[provider] += 1
    try:
        yield
    finally:
        with _lock:
            _speaking[provider] -= 1
            if not _speaking[provider]:
                del _speaking[provider]
