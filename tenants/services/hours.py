"""Opening times: who sets them, and what they say of a moment."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, transaction

from security.audit import Action, record_change
from security.errors import Conflict, Invalid
from security.permissions import Grant, Permission, require
from security.scoping import require_tenant_id
from tenants.hours import MOST_DATES, Hours, parse_week, written
from tenants.models import BusinessHours, Department, Tenant
from tenants.services.records import delete_record, locked

logger = logging.getLogger(__name__)

RIGHT: Final = Permission.CONFIGURATION_BUSINESS_HOURS


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether it is open; if not, when it is next, where that is known."""

    is_open: bool
    back_at: datetime | None = None


_ALWAYS: Final = Opening(is_open=True)


class Openings:
    """The openings of all departments at one moment: by their own hours, or the organisation's; without any, always."""

    def __init__(self, hours: Mapping[int | None, Hours], now: datetime) -> None:
        self._hours, self._now = hours, now

    def of(self, department: int | None) -> Opening:
        """By the department's primary key."""
        hours = self._hours.get(department) or self._hours.get(None)
        if hours is None or hours.is_open(self._now):
            return _ALWAYS
        return Opening(is_open=False, back_at=hours.next_opening(self._now))


def openings(now: datetime) -> Openings:
    """Of the tenant in scope; one query where no hours are set."""
    rows = list(BusinessHours.objects.all())
    if not rows:
        return Openings({}, now)
    zone = organisation_zone()
    return Openings({row.department_id: hours_of(row, zone) for row in rows}, now)


def organisation_zone() -> ZoneInfo:
    """By whose clock the tenant in scope works."""
    return zone_named(Tenant.objects.get().time_zone)


def zone_named(name: str) -> ZoneInfo:
    """The tenant's zone; UTC where this machine's data knows it no more, so that no page and no widget goes dark."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        logger.critical("A time zone is unknown here; tenant=%s", require_tenant_id())
        return ZoneInfo("UTC")


def hours_of(row: BusinessHours, zone: ZoneInfo) -> Hours:
    """What a row says, on the organisation's wall clock."""
    return Hours(zone, parse_week(row.week), frozenset(row.closed_dates))


@transaction.atomic
def create_hours(
    *, grant: Grant, department: Department | None, week: Sequence[str], closed_dates: Sequence[date]
) -> BusinessHours:
    """Set the hours of a department, or with None of all that have none; Conflict("hours_exist") where there are some."""
    require(grant, RIGHT)
    row = BusinessHours(department=department, **_checked(week, closed_dates))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict("hours_exist") from None
    record_change(Action.HOURS_CREATED, before=None, after=row)
    return row


@transaction.atomic
def change_hours(
    *, grant: Grant, hours: BusinessHours, week: Sequence[str], closed_dates: Sequence[date]
) -> BusinessHours:
    """Other times, other closed dates; whose they are stays."""
    require(grant, RIGHT)
    before, after = locked(hours), locked(hours)
    for name, value in _checked(week, closed_dates).items():
        setattr(after, name, value)
    after.save(update_fields=["week", "closed_dates"])
    record_change(Action.HOURS_CHANGED, before=before, after=after)
    return after


def delete_hours(*, grant: Grant, hours: BusinessHours) -> None:
    """From now on the organisation's hours hold; without those it is always open."""
    delete_record(grant=grant, permission=RIGHT, record=hours, action=Action.HOURS_DELETED)


def _checked(week: Sequence[str], closed_dates: Sequence[date]) -> dict[str, list[str] | list[date]]:
    """In one spelling. Invalid for what cannot be read, and for a week that never opens."""
    days = parse_week(week)
    if not any(days):
        raise Invalid("hours_never")
    if len(closed_dates) > MOST_DATES:
        raise Invalid("closed_dates")
    return {"week": [written(spans) for spans in days], "closed_dates": sorted(set(closed_dates))}
