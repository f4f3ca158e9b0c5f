"""Finding events among millions: newest first, page by page, each in a bounded time.

A page goes on after a number (keyset), so no page costs more than the first, and nothing is counted. One narrow filter is answered by its
index. Several together, or one that most events fit, are looked for in stretches of numbers that grow, until the page is full, the trail ends
or the time is over: then the page says how far back it looked and where to go on. No plan of PostgreSQL's can take longer than a stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, prefetch_related_objects

from security.audit.origins import address_digest
from security.audit.registry import Outcome
from security.models.audit import RARE_ACTORS, AuditAddress, AuditEvent, AuditHead
from security.scoping import require_tenant_id

Rows = QuerySet[AuditEvent, AuditEvent]
PAGE: Final = 50
FIRST_STRETCH: Final = 5_000
GROWTH: Final = 8
SECONDS: Final = 0.08
"""After which no further stretch is begun."""


# A binary search over the numbers, from the first that was not pruned. OFFSET 0 keeps PostgreSQL from joining the whole table at each step.
_SEQ_AT: Final = """
WITH RECURSIVE halved(low, high) AS (
    SELECT coalesce((SELECT min(seq) FROM security_auditevent WHERE tenant_id = %(tenant)s), %(after)s::bigint), %(after)s::bigint
    UNION ALL
    SELECT CASE WHEN s.is_before THEN (h.low + h.high) / 2 + 1 ELSE h.low END,
           CASE WHEN s.is_before THEN h.high ELSE (h.low + h.high) / 2 END
    FROM halved h CROSS JOIN LATERAL (
        SELECT (SELECT e.at FROM security_auditevent e WHERE e.tenant_id = %(tenant)s AND e.seq = (h.low + h.high) / 2)
               < %(moment)s AS is_before OFFSET 0
    ) s WHERE h.low < h.high
)
SELECT low FROM halved WHERE low >= high
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; what is None does not narrow. `about` are events by or on any of these, such as all of one member's."""

    actor: UUID | None = None
    kind: str | None = None
    actions: tuple[str, ...] = ()
    record: UUID | None = None
    about: tuple[UUID, ...] = ()
    outcome: str | None = None
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page. `before` is where the next one goes on, None at the end; `is_cut` says that the time was over before the page was full."""

    events: list[AuditEvent]
    before: int | None
    is_cut: bool = False


def find(
    wanted: Filter, *, before: int | None = None, size: int = PAGE, clock: Callable[[], float] = monotonic
) -> Found:
    """The newest `size` events that fit, with numbers below `before`, with their details, in the scope of their tenant."""
    low, high = _bounds(wanted)
    high = high if before is None else min(high, before)
    found = _by_index(wanted, low, high, size + 1)
    if found is None:
        answer = _stretched(wanted, low, high, size, clock)
    else:
        rows = sorted({row.seq: row for row in found}.values(), key=lambda row: -row.seq)
        answer = _page(rows, size)
    prefetch_related_objects(answer.events, "details")
    return answer


def oldest_first(wanted: Filter, *, after: int, size: int) -> list[AuditEvent]:
    """The next events that fit, with their details, for an export, which takes its time; empty at the end."""
    low, high = _bounds(wanted)
    low, stretch = max(low, after + 1), FIRST_STRETCH
    while low < high:
        part = _all(wanted, low, min(high, low + stretch)).order_by("seq")
        if rows := list(part.prefetch_related("details")[:size]):
            return rows
        low, stretch = low + stretch, min(stretch * GROWTH, 100_000)
    return []


def seq_at(moment: datetime, last: int) -> int:
    """The number of the first event at this moment or later, `last` + 1 if there is none. Numbers grow with time, so no index of times is needed."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQ_AT, {"tenant": require_tenant_id(), "moment": moment, "after": last + 1})
        (found,) = cursor.fetchone() or (last + 1,)
    return int(found)


def _bounds(wanted: Filter) -> tuple[int, int]:
    """Numbers from the first up to, without, the second: what fits the dates."""
    last = AuditHead.objects.values_list("seq", flat=True).first() or 0
    low = 1 if wanted.since is None else seq_at(wanted.since, last)
    return low, last + 1 if wanted.until is None else seq_at(wanted.until, last)


def _by_index(wanted: Filter, low: int, high: int, most: int) -> list[AuditEvent] | None:
    """What fits the one condition that there is besides dates, if an index answers it in the order of the numbers; else None."""
    given = (wanted.actor, wanted.kind, wanted.actions, wanted.record, wanted.about, wanted.outcome, wanted.address)
    if sum(1 for value in given if value) != 1:
        return None
    if wanted.address:
        numbers = _at_address(wanted.address).filter(seq__gte=low, seq__lt=high).order_by("-seq")
        return list(AuditEvent.objects.filter(seq__in=list(numbers.values_list("seq", flat=True)[:most])))
    queries = list(_indexed(wanted))
    return [row for query in queries for row in _newest(query, low, high, most)] if queries else None


def _indexed(wanted: Filter) -> Iterator[Rows]:
    events = AuditEvent.objects
    if wanted.actor:
        yield events.filter(actor_id=wanted.actor)
    if wanted.record:
        yield events.filter(object_id=wanted.record)
    for one in wanted.about:
        yield events.filter(actor_id=one)
        yield events.filter(object_id=one)
    if len(wanted.actions) == 1:
        yield events.filter(action=wanted.actions[0])
    if wanted.outcome and wanted.outcome != Outcome.OK:
        yield events.filter(Q(outcome=wanted.outcome) & ~Q(outcome=Outcome.OK.value))
    if wanted.kind in RARE_ACTORS:
        yield events.filter(actor_kind=wanted.kind, actor_kind__in=RARE_ACTORS)


def _all(wanted: Filter, low: int, high: int) -> Rows:
    """Everything that is asked for, among these numbers."""
    found = AuditEvent.objects.filter(seq__gte=low, seq__lt=high)
    if wanted.about:
        found = found.filter(Q(actor_id__in=wanted.about) | Q(object_id__in=wanted.about))
    if wanted.address:
        numbers = _at_address(wanted.address).filter(seq__gte=low, seq__lt=high)
        found = found.filter(seq__in=numbers.values("seq"))
    exact = {
        "actor_id": wanted.actor,
        "actor_kind": wanted.kind,
        "object_id": wanted.record,
        "outcome": wanted.outcome,
        "action__in": wanted.actions,
    }
    return found.filter(**{name: value for name, value in exact.items() if value})


def _at_address(address: str) -> QuerySet[AuditAddress, AuditAddress]:
    return AuditAddress.objects.filter(address=address_digest(address))


def _newest(rows: Rows, low: int, high: int, most: int) -> list[AuditEvent]:
    return list(rows.filter(seq__gte=low, seq__lt=high).order_by("-seq")[:most])


def _stretched(wanted: Filter, low: int, high: int, size: int, clock: Callable[[], float]) -> Found:
    begun, stretch, top = clock(), FIRST_STRETCH, high
    found: list[AuditEvent] = []
    while high > low and len(found) <= size:
        if high < top and clock() - begun > SECONDS:
            return Found(found, high, is_cut=True)
        asked, start = clock(), max(low, high - stretch)
        found += list(_all(wanted, start, high).order_by("-seq")[: size + 1 - len(found)])
        high = start
        # As far as the time that is left allows, by what the last stretch took.
        left, taken = SECONDS - (clock() - begun), max(clock() - asked, 0.001)
        stretch = max(FIRST_STRETCH, min(stretch * GROWTH, int(stretch * left / taken)))
    return _page(found, size)


def _page(rows: list[AuditEvent], size: int) -> Found:
    """One row more than a page shows that there is a next one."""
    page = rows[:size]
    return Found(page, page[-1].seq if len(rows) > size else None)
