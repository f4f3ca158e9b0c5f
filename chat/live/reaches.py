"""Who is there, as visitors are told when they come: asked of the database once a second for each tenant, however many come.

Danger: an answer of one tenant shown at another's site. Rule: an answer is kept by tenant and read inside that tenant's scope; it decides nothing,
and what changes it in this process forgets it at once. Proof: tests/chat/live/test_reaches.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from chat.services import presence
from chat.services.presence import Reach
from security.scoping import require_tenant_id

KEPT_FOR: Final = 1.0
_MOST: Final = 5_000


class Reaches:
    """Answers of one process. Called from the threads of `chat.live.work` as well as from the event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[int, tuple[Reach, float]] = {}

    def present(self, *, now: datetime) -> Reach:
        """For the tenant in whose scope the caller is; at most a second old."""
        tenant_id, asked_at = require_tenant_id(), self._clock()
        known = self._known.get(tenant_id)
        if known is not None and asked_at < known[1]:
            return known[0]
        found = presence.reach(now=now)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[tenant_id] = (found, asked_at + KEPT_FOR)
        return found

    def forget(self, tenant_id: int) -> None:
        """Somebody came, went or stepped away: whoever comes next is told how it is now."""
        self._known.pop(tenant_id, None)
