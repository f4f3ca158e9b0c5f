"""How many conversations may begin from one address on one site: counted in Valkey for all processes, here while it is away.

Addresses are not kept: a keyed digest of address, site and stretch of time is, until that stretch is over.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from security.net import network_of

WITHIN: Final = 600
_KEPT_HERE: Final = 50_000


class Openings:
    """At most `limit` in each stretch of ten minutes. Called from threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._here: Counter[str] = Counter()
        self._stretch = 0
        self._lock = threading.Lock()

    def spend(self, site: UUID, address: str | None, *, now: datetime) -> int:
        """Count one more: 0, or the seconds to wait when it is one too many."""
        stretch, passed = divmod(int(now.timestamp()), WITHIN)
        counted = salted_hmac("chat.live.openings", f"{site}|{network_of(address)}|{stretch}", algorithm="sha256")
        key = f"openings:{counted.hexdigest()}"
        try:
            cache.add(key, 0, WITHIN)
            count = cache.incr(key)
        except Exception:  # noqa: BLE001 - Valkey is away, or the key was evicted meanwhile: counting goes on
            count = self._count_here(key, stretch)
        return 0 if count <= self._limit else WITHIN - passed

    def _count_here(self, key: str, stretch: int) -> int:
        with self._lock:
            if stretch != self._stretch or len(self._here) >= _KEPT_HERE:
                self._here.clear()
                self._stretch = stretch
            self._here[key] += 1
            return self._here[key]
