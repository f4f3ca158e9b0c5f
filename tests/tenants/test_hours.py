"""Opening times by the wall's clock, over both changes of it; compared with a walk through the minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.errors import Invalid
from tenants.hours import DAY, Hours, Span, parse_spans, parse_week, written

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = ["9:00–17:00"] * 5 + ["", ""]
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC", "Asia/Kathmandu")
MINUTE = timedelta(minutes=1)


def hours(*week: str, closed: tuple[date, ...] = (), zone: ZoneInfo = BERLIN) -> Hours:
    return Hours(zone, parse_week(week), frozenset(closed))


def at(*moment: int, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    return datetime(*moment, tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("9-17", "9:00–17:00"),
        ("9:00–12:30, 13.30 – 17", "9:00–12:30, 13:30–17:00"),
        ("1330-17 9-12", "9:00–12:00, 13:30–17:00"),
        ("22:00-6", "22:00–6:00"),
        ("0-24", "0:00–24:00"),
        ("", ""),
    ],
)
def test_times_are_read_as_people_write_them(text: str, read: str) -> None:
    assert written(parse_spans(text)) == read
    assert parse_spans(read) == parse_spans(text)


@pytest.mark.parametrize("text", ["9", "nine to five", "9-25", "24-25", "9:60-10", "9-9", "9-17 x", "9-10-11", "٩-١٧"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_spans(text)
    assert refusal.value.code == "hours"


@pytest.mark.parametrize(
    "week",
    [["9-12, 11-13"] + [""] * 6, ["22-6", "5-9"] + [""] * 5, ["5-9"] + [""] * 5 + ["22-6"], ["20-6, 22-23"] + [""] * 6],
)
def test_times_that_overlap_are_refused_over_midnight_and_sunday_too(week: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_week(week)
    assert refusal.value.code == "hours_overlap"


def test_a_friday_evening_is_back_on_monday() -> None:
    office = hours(*OFFICE)
    assert office.is_open(at(2026, 11, 20, 16, 59))
    assert not office.is_open(at(2026, 11, 20, 17, 0)), "The end is not in it"
    assert office.next_opening(at(2026, 11, 20, 17, 0)) == at(2026, 11, 23, 9, 0)


def test_a_closed_date_is_closed_from_midnight_to_midnight() -> None:
    nights = hours(*["18:00–6:00"] * 7, closed=(date(2026, 12, 25),))
    assert nights.is_open(at(2026, 12, 24, 23, 59))
    assert not nights.is_open(at(2026, 12, 25, 0, 0)), "The night before ends at midnight"
    assert nights.next_opening(at(2026, 12, 25, 0, 0)) == at(2026, 12, 26, 18, 0)


def test_the_hour_that_is_there_twice_is_open_twice() -> None:
    bar = hours(*["22:00–2:30"] * 7)
    assert bar.is_open(at(2026, 10, 25, 2, 29, fold=0))
    assert bar.is_open(at(2026, 10, 25, 2, 29, fold=1))
    assert not bar.is_open(at(2026, 10, 25, 2, 30, fold=1))


def test_an_hour_that_is_not_there_is_the_moment_of_the_change() -> None:
    early = hours(*["2:30–5:00"] * 7)
    assert early.next_opening(at(2026, 3, 28, 20, 0)) == at(2026, 3, 29, 3, 0)
    assert not early.is_open(at(2026, 3, 29, 3, 0) - MINUTE)


def test_who_never_opens_has_no_next_time() -> None:
    assert hours(*[""] * 7).next_opening(at(2026, 1, 1, 0, 0)) is None
    days = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(800))
    assert hours(*["0-24"] * 7, closed=days).next_opening(at(2026, 1, 1, 0, 0)) is None


def _spans(pairs: list[tuple[int, int]]) -> str:
    """Without overlaps, by leaving out."""
    kept: list[Span] = []
    for opens, lasts in sorted(pairs):
        span = Span(opens * 30, min(opens * 30 + lasts * 30, DAY))
        if not kept or kept[-1].closes <= span.opens:
            kept.append(span)
    return written(tuple(kept[:6]))


weeks = st.lists(
    st.lists(st.tuples(st.integers(0, 47), st.integers(1, 20)), max_size=3).map(_spans), min_size=7, max_size=7
)
BEGINS = (  # about here clocks are moved; Apia had no 30 December
    datetime(2011, 12, 25, tzinfo=UTC),
    datetime(2026, 3, 25, tzinfo=UTC),
    datetime(2026, 10, 1, tzinfo=UTC),
    datetime(2026, 10, 23, tzinfo=UTC),
)
moments = st.builds(lambda begin, minutes: begin + minutes * MINUTE, st.sampled_from(BEGINS), st.integers(0, 14 * DAY))


@given(week=weeks, zone=st.sampled_from(ZONES), now=moments, closed=st.booleans())
def test_what_is_said_is_what_the_wall_shows(week: list[str], zone: str, now: datetime, closed: bool) -> None:
    """Minute by minute, for a day: open by the spans of the wall's own date, but for minutes that are there twice."""
    where = ZoneInfo(zone)
    dates = (now.date(),) if closed else ()
    found = Hours(where, parse_week(week), frozenset(dates))
    for minute in range(0, DAY, 7):
        moment = now + timedelta(minutes=minute)
        wall = moment.astimezone(where)
        if wall.replace(fold=0).utcoffset() == wall.replace(fold=1).utcoffset():
            assert found.is_open(moment) is _shows_open(found, wall), moment


def _shows_open(found: Hours, wall: datetime) -> bool:
    day, minutes = wall.date(), wall.hour * 60 + wall.minute
    if day in found.closed:
        return False
    return any(span.opens <= minutes < span.closes for span in found.week[day.weekday()])


@given(week=weeks, zone=st.sampled_from(ZONES), now=moments)
def test_the_next_opening_is_the_first_moment_that_is_open(week: list[str], zone: str, now: datetime) -> None:
    found = Hours(ZoneInfo(zone), parse_week(week))
    if not any(week):
        return
    opens = found.next_opening(now)
    assert opens is not None
    assert opens > now
    assert found.is_open(opens)
    if not found.is_open(now):
        between = int((opens - now) / MINUTE)
        assert not any(found.is_open(now + minute * MINUTE) for minute in range(0, between, 5))
        assert not found.is_open(opens - MINUTE)


def test_every_zone_that_may_be_chosen_has_a_midnight() -> None:
    """A zone whose clocks move at midnight has days without one."""
    havana = Hours(ZoneInfo("America/Havana"), parse_week(["0:00–24:00"] * 7))
    night = datetime.combine(date(2026, 3, 7), time(18), tzinfo=UTC)
    assert all(havana.is_open(night + timedelta(minutes=minute)) for minute in range(DAY))
