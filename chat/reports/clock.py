"""Days of the organisation's time zone, as PostgreSQL knows them: the same that the queries count by.

A day lasts from midnight to midnight there, which may be 23 or 25 hours. Proof: tests/chat/reports/test_clock.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import DataError, connection

from chat.reports.periods import Period
from security.scoping import require_tenant_id, tenant_scope
from tenants.models import Tenant

FALLBACK: Final = "UTC"
_TODAY: Final = "SELECT (%(now)s::timestamptz AT TIME ZONE %(zone)s)::date"
_BOUNDS: Final = """
WITH asked AS (
    SELECT %(first)s::date AS first, %(last)s::date + 1 AS after, %(last)s::date - %(first)s::date + 1 AS days
), spans AS (
    SELECT first::timestamp AT TIME ZONE %(zone)s AS since, after::timestamp AT TIME ZONE %(zone)s AS until,
           (first - days)::timestamp AT TIME ZONE %(zone)s AS since_before,
           ((%(now)s::timestamptz AT TIME ZONE %(zone)s) - days * interval '1 day') AT TIME ZONE %(zone)s AS now_before
    FROM asked
)
SELECT since, least(until, %(now)s::timestamptz), since_before,
       CASE WHEN until > %(now)s::timestamptz THEN now_before ELSE since END
FROM spans
"""
_DAYS: Final = """
SELECT day::date, day AT TIME ZONE %(zone)s, (day + interval '1 day') AT TIME ZONE %(zone)s
FROM generate_series(%(first)s::date::timestamp, %(last)s::date::timestamp, interval '1 day') AS day
ORDER BY day
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """Now, and which day that is for the organisation. `is_unknown`: PostgreSQL does not know its zone, so UTC counts."""

    now: datetime
    zone: str
    today: date
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Two moments, the second one excluded."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar, and the moments between which it lies."""

    day: date
    since: datetime
    until: datetime

    @property
    def hours(self) -> int | float:
        """24, but where clocks are set; a half there, too."""
        found = (self.until - self.since) / timedelta(hours=1)
        return int(found) if found.is_integer() else found


@dataclass(frozen=True, slots=True)
class Calendar:
    """A period in time: its span, the one before it that it is compared with, and its days."""

    clock: Clock
    period: Period
    span: Span
    before: Span
    days: tuple[Day, ...]

    @property
    def zone(self) -> str:
        return self.clock.zone


def read_clock(*, now: datetime) -> Clock:
    """Of the tenant in scope."""
    zone = Tenant.objects.get().time_zone
    if zone_of(zone).key != zone:  # PostgreSQL takes more than names: any word with a number is a zone of its own
        return Clock(now, FALLBACK, _today(now, FALLBACK), is_unknown=True)
    try:
        with tenant_scope(require_tenant_id()):  # a savepoint: what PostgreSQL refuses must not end the request
            return Clock(now, zone, _today(now, zone))
    except DataError:
        return Clock(now, FALLBACK, _today(now, FALLBACK), is_unknown=True)


def zone_of(name: str) -> ZoneInfo:
    """To write moments in; UTC where Python does not know the zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(FALLBACK)


def read_calendar(clock: Clock, period: Period) -> Calendar:
    """Where the period is not over yet, the one before ends at the same time of day."""
    asked = {"now": clock.now, "zone": clock.zone, "first": period.first, "last": period.last}
    ((since, until, since_before, until_before),) = _rows(_BOUNDS, asked)
    days = tuple(Day(*row) for row in _rows(_DAYS, asked))
    return Calendar(clock, period, Span(since, until), Span(since_before, until_before), days)


def _today(now: datetime, zone: str) -> date:
    ((today,),) = _rows(_TODAY, {"now": now, "zone": zone})
    found: date = today
    return found


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
