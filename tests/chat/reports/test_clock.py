"""Days from midnight to midnight where the organisation is: 23 and 25 hours when clocks are set, half an hour of it on Lord Howe Island."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chat.reports.clock import Calendar, read_calendar, read_clock
from chat.reports.periods import Period
from chat.reports.reading import read_report
from security.scoping import tenant_scope
from tenants.models import Tenant
from tests.cast import Organisation

from .given import Told, store

pytestmark = pytest.mark.django_db

CHANGES = [
    ("Europe/Vienna", date(2026, 3, 29), 23),
    ("Europe/Vienna", date(2025, 10, 26), 25),
    ("America/St_Johns", date(2026, 3, 8), 23),
    ("America/St_Johns", date(2025, 11, 2), 25),
    ("Australia/Lord_Howe", date(2025, 10, 5), 23.5),
    ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ("Asia/Kolkata", date(2026, 3, 29), 24),
    ("UTC", date(2026, 3, 29), 24),
]
NAMES = [f"{zone} {day}" for zone, day, _ in CHANGES]


def calendar(of: Organisation, zone: str, first: date, last: date, now: datetime) -> Calendar:
    with tenant_scope(of.tenant_id):
        Tenant.objects.update(time_zone=zone)
        return read_calendar(read_clock(now=now), Period("custom", first, last))


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES, ids=NAMES)
def test_a_day_has_the_hours_of_its_clock(acme: Organisation, zone: str, day: date, hours: float) -> None:
    found = calendar(acme, zone, day - timedelta(days=1), day + timedelta(days=1), datetime(2026, 6, 1, tzinfo=UTC))
    assert [(one.day, one.hours) for one in found.days] == [
        (day - timedelta(days=1), 24),
        (day, hours),
        (day + timedelta(days=1), 24),
    ]
    here = ZoneInfo(zone)
    assert [one.since for one in found.days] == [datetime(*one.day.timetuple()[:3], tzinfo=here) for one in found.days]
    assert found.span.until - found.span.since == timedelta(hours=48 + hours)
    assert found.before.until == found.span.since
    assert found.before.since == datetime(*(day - timedelta(days=4)).timetuple()[:3], tzinfo=here)


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES, ids=NAMES)
def test_each_moment_of_such_a_day_is_counted_once(acme: Organisation, zone: str, day: date, hours: float) -> None:
    """One conversation every quarter of an hour, from the day before to the day after."""
    here = ZoneInfo(zone)
    start = datetime(*(day - timedelta(days=1)).timetuple()[:3], tzinfo=here).astimezone(UTC)
    moments = [start + timedelta(minutes=15 * number) for number in range(int((48 + hours) * 4))]
    store(acme, [Told(at, "Support", "Shop", None) for at in moments], zone=zone)
    asked = {
        "period": "custom",
        "from": (day - timedelta(days=1)).isoformat(),
        "to": (day + timedelta(days=1)).isoformat(),
    }
    with tenant_scope(acme.tenant_id):
        report = read_report(
            grant=acme.grant("rita"), kind="overview", asked=asked, now=datetime(2026, 6, 1, tzinfo=UTC)
        )
    flow, by_hour = (next(one for one in report.sections if one.slug == slug) for slug in ("flow", "hours"))
    assert flow.table is not None
    assert by_hour.table is not None
    assert flow.table.column("new") == [96, hours * 4, 96]
    wanted = Counter((at.astimezone(here).isoweekday(), at.astimezone(here).hour) for at in moments)
    found = {(line, hour): row[1 + hour] for line, row in enumerate(by_hour.table.rows, 1) for hour in range(24)}
    assert {place: count for place, count in found.items() if count} == wanted


def test_a_period_that_is_not_over_is_compared_up_to_the_same_time(acme: Organisation) -> None:
    now = datetime(2026, 3, 30, 9, 15, tzinfo=UTC)  # a quarter past eleven in Vienna, after the change
    found = calendar(acme, "Europe/Vienna", date(2026, 3, 30), date(2026, 3, 30), now)
    here = ZoneInfo("Europe/Vienna")
    assert found.span.until == now
    assert (found.before.since, found.before.until) == (
        datetime(2026, 3, 29, tzinfo=here),
        datetime(2026, 3, 29, 11, 15, tzinfo=here),
    )


def test_today_is_todays_date_there(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        for zone, wanted in (("Pacific/Kiritimati", date(2026, 1, 2)), ("Pacific/Pago_Pago", date(2026, 1, 1))):
            Tenant.objects.update(time_zone=zone)
            assert read_clock(now=datetime(2026, 1, 1, 12, tzinfo=UTC)).today == wanted


@pytest.mark.parametrize("zone", ["Nowhere/At_All", "", "'; SELECT 1", "x" * 64])
def test_a_zone_that_nobody_knows_counts_as_utc_and_is_told(acme: Organisation, zone: str) -> None:
    with tenant_scope(acme.tenant_id):
        Tenant.objects.update(time_zone=zone)
        clock = read_clock(now=datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert (clock.zone, clock.is_unknown) == ("UTC", True)
    page = acme.client("rita").get("/admin/reports/").content.decode()
    assert "time zone is not known" in page
