"""Which conversations a rule is about, and for which of them its time is over.

Danger: a condition that is wider than the rule deletes what should be kept. Rule: one function says what is due, and the preview, the dry run and the
run all ask it; whoever has no rule of his own falls under the organisation's, and without a row under the default. Proof: tests/chat/retention.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from chat.models import ArchivedConversation, Claim, Conversation, LegalHold, Status
from chat.models.retention import Afterwards, RetentionRule
from chat.retention.calendar import over_before
from security.scoping import require_tenant_id
from tenants.models import Tenant

PRIMARY_MONTHS: Final = 24
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('chat.retention.deletions', %s))"


@dataclass(frozen=True, slots=True)
class Kept:
    """For how long, and then what: of one department, of all without a rule of their own (None), in months of the calendar."""

    department_id: int | None
    without: tuple[int, ...]
    primary_months: int
    afterwards: Afterwards
    archive_months: int | None

    @property
    def conversations(self) -> Q:
        """Whose rule this is."""
        if self.department_id is not None:
            return Q(department_id=self.department_id)
        return Q(department_id=None) | ~Q(department_id__in=self.without)


def zone_of_tenant() -> ZoneInfo:
    """Of the organisation in scope."""
    return ZoneInfo(Tenant.objects.values_list("time_zone", flat=True).get())


def rules() -> list[Kept]:
    """One for each department that has its own, and the one for everything else."""
    rows = {row.department_id: row for row in RetentionRule.objects.all()}
    own = tuple(sorted(department for department in rows if department is not None))
    return [_kept(rows.get(department), department, own) for department in (*own, None)]


def _kept(row: RetentionRule | None, department: int | None, own: tuple[int, ...]) -> Kept:
    without = own if department is None else ()
    if row is None:
        return Kept(department, without, PRIMARY_MONTHS, Afterwards.ARCHIVE, None)
    return Kept(department, without, row.primary_months, Afterwards(row.afterwards), row.archive_months)


def lock_deletions() -> None:
    """Whoever deletes, and whoever places a hold, waits for the other, until the transaction ends; then asks `held()`."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [require_tenant_id()])


def held() -> Q:
    """Conversations, live or archived, that a legal hold keeps."""
    active = LegalHold.objects.filter(released_at=None)
    return (
        Q(Exists(active.filter(conversation=OuterRef("public_id"))))
        | Q(Exists(active.filter(visitor=OuterRef("visitor_id"))))
        | Q(Exists(active.filter(conversation=None, visitor=None)))
    )


def over(kept: Kept, *, now: datetime, zone: ZoneInfo) -> QuerySet[Conversation]:
    """Closed conversations whose time in the primary store is over, held ones too, oldest first; not those that are on their way already."""
    before = over_before(now, kept.primary_months, zone)
    closed = Conversation.objects.filter(kept.conversations, status=Status.CLOSED.value, last_message_at__lt=before)
    kept_back = Q(kept_until__isnull=True) | Q(kept_until__lte=now)
    claimed = Claim.objects.filter(conversation=OuterRef("pk"))
    return closed.filter(kept_back).exclude(Exists(claimed)).order_by("last_message_at", "pk")


def over_in_archive(kept: Kept, *, now: datetime, zone: ZoneInfo) -> QuerySet[ArchivedConversation]:
    """Archived conversations whose time is over there too, held ones too, oldest first."""
    if kept.archive_months is None:
        return ArchivedConversation.objects.none()
    before = over_before(now, kept.archive_months, zone)
    return ArchivedConversation.objects.filter(kept.conversations, last_message_at__lt=before).order_by(
        "last_message_at", "pk"
    )
