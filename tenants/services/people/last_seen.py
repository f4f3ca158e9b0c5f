"""When members were here last, to a few minutes: a row is written once in that time, in a transaction of its own.

In the request's own it would hold the member's row while his act waits for the lock of rights, and whoever has that may wait for the row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from security.scoping import tenant_scope
from tenants.models import Membership

PRECISION: Final = timedelta(minutes=5)


def is_due(last_seen_at: datetime | None, now: datetime) -> bool:
    """Whether it is time to write it down again."""
    return last_seen_at is None or now - last_seen_at >= PRECISION


def note_seen(*, tenant_id: int, member: UUID, now: datetime) -> None:
    """He is here. Outside any scope."""
    is_old = Q(last_seen_at=None) | Q(last_seen_at__lte=now - PRECISION)
    with tenant_scope(tenant_id):
        Membership.objects.filter(is_old, public_id=member).update(last_seen_at=now)
