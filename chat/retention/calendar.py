"""Days and months as people count them, in the organisation's time zone. Pure."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTHS = 12


def due_on(last: date, months: int) -> date:
    """The day so many calendar months later; where that month is shorter, its last one: two years after 29 February is 28 February."""
    years, month = divmod(last.month - 1 + months, _MONTHS)
    year, month = last.year + years, month + 1
    return date(year, month, min(last.day, monthrange(year, month)[1]))


def newest_due(today: date, months: int) -> date:
    """The last day whose `due_on` has come by `today`."""
    found = due_on(today, -months) + timedelta(days=3)  # at a month's end several days are due on the same one
    while due_on(found, months) > today:
        found -= timedelta(days=1)
    return found


def over_before(now: datetime, months: int, zone: ZoneInfo) -> datetime:
    """What happened before this moment is due at `now`: the day after `newest_due` begins then, where the organisation is."""
    day = newest_due(now.astimezone(zone).date(), months) + timedelta(days=1)
    return datetime.combine(day, time.min, zone)


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day there."""
    return datetime.combine(day, time.min, zone)
