"""What a run would do, asked of the same functions; and what it would do by other rules, before those are saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Min

from chat.models import Afterwards
from chat.retention.calendar import begins, due_on
from chat.retention.rules import (
    Kept,
    held,
    is_over,
    kept_by,
    over,
    over_in_archive,
    over_to_move,
    over_to_purge,
    rules,
    terms,
    unclaimed,
    zone_of_tenant,
)
from chat.retention.terms import DEFAULT
from chat.retention.visitors.ending import left_behind


@dataclass(frozen=True, slots=True)
class Effect:
    """In conversations: what would be archived, purged and sent to the own server at that moment, and what a hold keeps; when the oldest was last spoken in."""

    archived: int
    purged: int
    held: int
    oldest: datetime | None
    next: date | None
    sent: int = 0
    visitors: int = 0
    """Of whom no conversation is left already; who loses the last one in this run follows in the next."""

    @property
    def leaving(self) -> int:
        """Conversations that would not be where they are any more."""
        return self.archived + self.purged + self.sent


def effect(now: datetime, *, by: Sequence[Kept] | None = None) -> Effect:
    """At `now`, by these rules; where none are given, by those that a run at that moment would have."""
    zone, archived, purged, sent, kept_back = zone_of_tenant(), 0, 0, 0, 0
    oldest: list[datetime] = []
    following: list[date] = []
    for kept in rules(now) if by is None else by:
        live = over(kept, now=now, zone=zone)
        free = live.exclude(held())
        archive = over_in_archive(kept, now=now, zone=zone)
        moved = over_to_move(kept, now=now, zone=zone).exclude(held()).count()
        if kept.afterwards is Afterwards.ARCHIVE:
            archived += moved
        elif kept.afterwards.is_sent:
            sent += moved
        purged += over_to_purge(kept, now=now, zone=zone).exclude(held()).count()
        purged += archive.exclude(held()).count()
        kept_back += live.filter(held()).count() + archive.filter(held()).count()
        first = free.aggregate(first=Min("last_message_at"))["first"]
        if first is not None:
            oldest.append(first)
        later = unclaimed(kept).exclude(is_over(kept, now=now, zone=zone)).order_by("last_message_at")
        earliest = later.values_list("last_message_at", flat=True).first()
        if earliest is not None:
            following.append(due_on(earliest.astimezone(zone).date(), kept.primary_months))
    return Effect(
        archived,
        purged,
        kept_back,
        min(oldest, default=None),
        min(following, default=None),
        sent,
        left_behind(now).count() if by is None else 0,  # they have no rule that could be another one
    )


def forecast(now: datetime, *, days: int) -> list[tuple[date, int]]:
    """How many conversations come due on each of the next days, today included with all that is over already; what is held too.

    By the rules as they will be that day: a change that waits counts from its day on. One query for each rule.
    """
    zone = zone_of_tenant()
    today = now.astimezone(zone).date()
    ends = [begins(today + timedelta(days=ahead + 1), zone) - timedelta(microseconds=1) for ahead in range(days)]
    on_days = [terms(end) for end in ends]
    everywhere = {department for on_day in on_days for department in on_day}
    sums = [0] * days
    for kept in kept_by(dict.fromkeys(everywhere, DEFAULT)):
        own = [on_day.get(kept.department_id, on_day[None]) for on_day in on_days]
        counts = {
            f"day_{ahead}": Count("pk", filter=is_over(term, now=end, zone=zone))
            for ahead, (term, end) in enumerate(zip(own, ends, strict=True))
        }
        found = unclaimed(kept).aggregate(**counts)
        sums = [total + found[f"day_{ahead}"] for ahead, total in enumerate(sums)]
    return [
        (today + timedelta(days=ahead), max(0, sums[ahead] - (sums[ahead - 1] if ahead else 0)))
        for ahead in range(days)
    ]
