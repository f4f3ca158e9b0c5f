"""What became of the copies of a chain's checkpoints outside: up to which event each place has them, and since when one fails. In the tenant's scope.

For who may read the trail: what nobody else keeps proves less. The worker writes this; it is no part of the chain, and no proof.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from security.models.audit import AuditCopy

OWN: Final = "own"
"""The kind of place that the organisation chose itself: its mailbox."""
MAILBOX: Final = "mailto"


@dataclass(frozen=True, slots=True)
class Place:
    """Where copies go: a name for it that holds no secret, the scheme of its URL, and its host where others may know it."""

    name: str
    kind: str
    host: str = ""


def copied(place: Place, *, seq: int, now: datetime) -> None:
    """It has everything up to there."""
    row = AuditCopy(place=place.name, kind=place.kind, host=place.host, seq=seq, written_at=now)
    _keep(row, "kind", "host", "seq", "written_at", "failed_at", "failure")


def not_copied(place: Place, *, failure: str, now: datetime) -> None:
    """It did not take what it was to get; what it has stays known."""
    row = AuditCopy(place=place.name, kind=place.kind, host=place.host, failed_at=now, failure=failure)
    _keep(row, "kind", "host", "failed_at", "failure")


def forget_others(names: Collection[str]) -> None:
    """Places that are not in the settings any more are owed nothing."""
    AuditCopy.objects.exclude(kind__in=(OWN, MAILBOX)).exclude(place__in=names).delete()


def forget_own() -> None:
    """The organisation has chosen another mailbox, or none."""
    AuditCopy.objects.filter(kind=OWN).delete()


def copies() -> list[AuditCopy]:
    """Of the tenant in scope, by place."""
    return list(AuditCopy.objects.order_by("kind", "host", "pk"))


def _keep(row: AuditCopy, *fields: str) -> None:
    AuditCopy.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["tenant_id", "place"], update_fields=list(fields)
    )
