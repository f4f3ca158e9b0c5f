"""Since when the oldest event waits that no checkpoint has signed, as the signer remembers it, for who watches.

Danger: rows that whoever has the application's role inserts among the checkpoints say that all is signed, and the number that would tell stays at zero.
Rule: the worker tells after each round what its own memory lacks; it is looked at beside what the rows say. Proof: tests/chatplatform/test_lags.py.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from django.core.cache import cache

from security.audit.checkpoints import behind
from security.audit.memory import Memory
from security.cache import CacheAway
from security.models.audit import AuditEvent
from security.scoping import tenant_scope

WAITS_SINCE: Final = "audit.waits_since"
"""In the cache: seconds of the clock, 0 where nothing waits."""


def tell_lateness(memory: Memory) -> None:
    """Of all chains; outside any scope. Until the next round it grows by itself."""
    oldest = [at for tenant_id in behind(memory) if (at := _waits_since(tenant_id, memory)) is not None]
    with suppress(CacheAway):
        cache.set(WAITS_SINCE, min(oldest, default=0), None)


def told_lateness() -> float:
    """Seconds; 0 where nothing waits, or nothing was told."""
    try:
        since = cache.get(WAITS_SINCE)
    except CacheAway:
        return 0.0
    return max(0.0, time.time() - since) if since else 0.0


def _waits_since(tenant_id: int, memory: Memory) -> int | None:
    with tenant_scope(tenant_id):
        later = AuditEvent.objects.filter(seq__gt=memory.signed(tenant_id)).order_by("seq")
        at = later.values_list("at", flat=True).first()
    return None if at is None else int(at.timestamp())
