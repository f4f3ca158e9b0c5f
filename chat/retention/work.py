"""One run of a tenant's retention: what it knows, and what it has done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from chat.models import Place
from chat.retention.stores import Store


@dataclass(slots=True)
class Found:
    """What a run did, or what is done so far; in conversations."""

    archived: int = 0
    purged: int = 0
    held: int = 0
    failed: int = 0
    sent: int = 0
    visitors: int = 0
    """Erased, as no conversation of theirs was left."""

    def count(self, place: Place, conversations: int) -> None:
        """So many went there, and are gone from the primary store."""
        if place is Place.SERVER:
            self.sent += conversations
        else:
            self.archived += conversations


@dataclass(slots=True)
class Work:
    """`unreadable` were met already, and are not chosen again. `clock` is the real time, for leases, whatever `now` the run is given."""

    tenant_id: int
    now: datetime
    store: Store
    clock: Callable[[], datetime] = timezone.now
    found: Found = field(default_factory=Found)
    unreadable: set[int] = field(default_factory=set)
