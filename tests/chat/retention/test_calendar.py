"""When a time is over: by the calendar, where the organisation is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.retention.calendar import begins, due_on, newest_due, over_before

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
MONTHS = st.integers(1, 600)
ZONES = (
    *("UTC", "Europe/Vienna", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"),
    *("America/Santiago", "Pacific/Chatham"),
)


@pytest.mark.parametrize(
    ("last", "months", "due"),
    [
        ("2024-11-22", 24, "2026-11-22"),
        ("2024-02-29", 24, "2026-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2025-12-31", 2, "2026-02-28"),
        ("2025-08-31", 1, "2025-09-30"),
    ],
)
def test_months_are_those_of_the_calendar(last: str, months: int, due: str) -> None:
    assert due_on(date.fromisoformat(last), months) == date.fromisoformat(due)


@given(today=DAYS, months=MONTHS)
def test_the_newest_that_is_due_is_due_and_the_next_is_not(today: date, months: int) -> None:
    newest = newest_due(today, months)
    assert due_on(newest, months) <= today < due_on(newest + timedelta(days=1), months)


@given(first=DAYS, second=DAYS, months=MONTHS)
def test_who_spoke_later_is_never_due_earlier(first: date, second: date, months: int) -> None:
    earlier, later = sorted((first, second))
    assert due_on(earlier, months) <= due_on(later, months)


@given(today=DAYS, minutes=st.integers(0, 24 * 60 - 1), zone=st.sampled_from(ZONES), months=MONTHS)
def test_nothing_is_over_before_its_date_where_the_organisation_is(
    today: date, minutes: int, zone: str, months: int
) -> None:
    there, moment = ZoneInfo(zone), datetime.combine(today, time.min, UTC) + timedelta(minutes=minutes)
    before, here = over_before(moment, months, there), moment.astimezone(there).date()
    last = (before.astimezone(UTC) - timedelta(seconds=1)).astimezone(there).date()
    assert due_on(last, months) <= here
    assert due_on(before.astimezone(UTC).astimezone(there).date(), months) > here


def test_a_day_begins_where_the_organisation_is() -> None:
    vienna = ZoneInfo("Europe/Vienna")
    assert begins(date(2026, 7, 1), vienna).astimezone(UTC) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert begins(date(2026, 1, 1), vienna).astimezone(UTC) == datetime(2025, 12, 31, 23, tzinfo=UTC)
