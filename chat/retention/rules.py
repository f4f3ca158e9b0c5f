"""Which conversations a rule is about, and for which of them its time is over.

Danger: a condition that is wider than the rule deletes what should be kept. Rule: one function says what is due, and the preview, the dry run and the
run all ask it; whoever has no rule of his own falls under the organisation's, and without a row under the default. Proof: tests/chat/retention.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from chat.models import ArchivedConversation, Claim, Conversation, LegalHold, RetentionChange, Status
from chat.models.retention import Afterwards, RetentionRule
from chat.retention.calendar import over_before
from chat.retention.terms import DEFAULT, Term
from security.scoping import require_tenant_id
from tenants.models import Policy, Tenant

AFTER_CLOSE: Final = timedelta(minutes=10)
"""So long a visitor has to rate a conversation that is sent when it is closed."""
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


def rules(at: datetime | None = None) -> list[Kept]:
    """One for each department that has its own, and the one for everything else; with `at`, as a run at that moment will have them."""
    return kept_by(terms(at))


def terms(at: datetime | None = None) -> dict[int | None, Term]:
    """The organisation's rule (None), and each department's that has its own."""
    found: dict[int | None, Term] = {None: DEFAULT}
    found |= {
        row.department_id: Term(row.primary_months, Afterwards(row.afterwards), row.archive_months)
        for row in RetentionRule.objects.all()
    }
    if at is not None:
        for change in waiting().filter(due_at__lte=at).order_by("due_at", "pk"):
            found = changed(found, change.department_id, term_in(change))
    return found


def changed(found: Mapping[int | None, Term], department: int | None, term: Term | None) -> dict[int | None, Term]:
    """The same terms with another one; None takes a department's own away."""
    rest = {of: one for of, one in found.items() if of != department}
    return rest if term is None else {**rest, department: term}


def term_in(change: RetentionChange) -> Term | None:
    """What a change asks for; None for no rule of the department's own."""
    if change.primary_months is None:
        return None
    return Term(change.primary_months, Afterwards(change.afterwards), change.archive_months)


def waiting() -> QuerySet[RetentionChange]:
    """Changes that were asked for, and are neither in force nor undone."""
    return RetentionChange.objects.filter(taken_at=None, undone_at=None)


def kept_by(found: Mapping[int | None, Term]) -> list[Kept]:
    """The terms with the conversations that each is about."""
    own = tuple(sorted(department for department in found if department is not None))
    return [_kept(found[department], department, own) for department in (*own, None)]


def _kept(term: Term, department: int | None, own: tuple[int, ...]) -> Kept:
    without = own if department is None else ()
    return Kept(department, without, term.primary_months, term.afterwards, term.archive_months)


def lock_deletions() -> None:
    """Whoever deletes, and whoever places a hold, waits for the other, until the transaction ends; then asks `held()`."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [require_tenant_id()])


def lock_rules() -> None:
    """Whoever changes a rule, and whoever does for good what a rule says, waits for the other, until the transaction ends."""
    list(Policy.objects.select_for_update().values_list("pk"))  # the platform's own row has none, and nothing to keep


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
    return unclaimed(kept).filter(is_over(kept, now=now, zone=zone)).order_by("last_message_at", "pk")


def over_to_move(kept: Kept, *, now: datetime, zone: ZoneInfo) -> QuerySet[Conversation]:
    """Of `over` those that have something to be archived or sent; where that is nothing, they are deleted."""
    if kept.afterwards in (Afterwards.PURGE, Afterwards.NONE):
        return Conversation.objects.none()
    return over(kept, now=now, zone=zone).filter(is_unstored=False)


def over_to_purge(kept: Kept, *, now: datetime, zone: ZoneInfo) -> QuerySet[Conversation]:
    """The others of `over`."""
    rows = over(kept, now=now, zone=zone)
    return rows if kept.afterwards in (Afterwards.PURGE, Afterwards.NONE) else rows.filter(is_unstored=True)


def unclaimed(kept: Kept) -> QuerySet[Conversation]:
    """The closed ones of a rule, but for those that are on their way already."""
    claimed = Claim.objects.filter(conversation=OuterRef("pk"))
    return Conversation.objects.filter(kept.conversations, status=Status.CLOSED.value).exclude(Exists(claimed))


def still_due(ids: Iterable[int], afterwards: Iterable[Afterwards], *, now: datetime) -> set[int]:
    """Which of these conversations a rule that says one of `afterwards` is about by now, their time over; held ones too, as in `over`."""
    zone, due = zone_of_tenant(), Q(pk__in=[])
    for kept in rules():
        if kept.afterwards in afterwards:
            due |= kept.conversations & is_over(kept, now=now, zone=zone)
    closed = Conversation.objects.filter(pk__in=list(ids), status=Status.CLOSED.value, is_unstored=False)
    return set(closed.filter(due).values_list("pk", flat=True))


def is_over(kept: Kept | Term, *, now: datetime, zone: ZoneInfo) -> Q:
    """Last spoken in long enough ago, and not brought back from the archive a short time ago."""
    is_old = Q(last_message_at__lt=over_before(now, kept.primary_months, zone))
    if kept.afterwards is Afterwards.SENT_AT_CLOSE:
        is_old = Q(closed_at__lte=now - AFTER_CLOSE)
    if kept.afterwards is Afterwards.NONE:  # what was stored before the rule is not kept on
        is_old |= Q(is_unstored=False)
    return is_old & (Q(kept_until__isnull=True) | Q(kept_until__lte=now))


def over_in_archive(kept: Kept, *, now: datetime, zone: ZoneInfo) -> QuerySet[ArchivedConversation]:
    """Archived conversations whose time is over there too, held ones too, oldest first."""
    if kept.archive_months is None:
        return ArchivedConversation.objects.none()
    before = over_before(now, kept.archive_months, zone)
    return ArchivedConversation.objects.filter(kept.conversations, last_message_at__lt=before).order_by(
        "last_message_at", "pk"
    )
