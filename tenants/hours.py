"""When a team answers: opening times of a week and closed dates, read by the clock on its own wall. Pure, without Django.

A span may go over midnight. Where clocks are moved, a span lasts from the first moment at which the wall shows its beginning to the last at which it
shows its end; a moment that the wall never shows is the one at which the clock is moved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from security.errors import Invalid

DAY: Final = 24 * 60
"""Minutes."""
WEEK: Final = 7
_HOUR: Final = 60
MOST_SPANS: Final = 6
MOST_DATES: Final = 100
_AHEAD: Final = 400
"""Days that are looked at for the next opening: a year, and more closed dates than may be named."""
_TIME: Final = r"(\d{1,2})(?:[:.]?(\d{2}))?"
_SPAN: Final = re.compile(rf"{_TIME}\s*[-–—]\s*{_TIME}", re.ASCII)
_BETWEEN: Final = re.compile(r"\s*[,;]\s*|\s+(?=\d)")
_DASH: Final = re.compile(r"\s*[-–—]\s*")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """In minutes after midnight; `closes` is later than `opens`, after 24:00 on the next day."""

    opens: int
    closes: int

    def __str__(self) -> str:
        return f"{_clock(self.opens)}–{_clock(self.closes if self.closes <= DAY else self.closes - DAY)}"


Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Hours:
    """`week` has seven days from Monday; on a closed date nothing is open from midnight to midnight."""

    zone: ZoneInfo
    week: tuple[Spans, ...]
    closed: frozenset[date] = frozenset()

    def is_open(self, now: datetime) -> bool:
        """Whether somebody answers at this moment."""
        today = now.astimezone(self.zone).date()
        spans = (span for day in (today - timedelta(days=1), today) for span in self._on(day))
        return any(opens <= now < closes for opens, closes in spans)

    def next_opening(self, now: datetime) -> datetime | None:
        """The first moment after `now` at which a span begins; None where none does within a year."""
        if not self._opens_ever:
            return None
        first = now.astimezone(self.zone).date() - timedelta(days=1)
        for days in range(_AHEAD):
            ahead = [opens for opens, _ in self._on(first + timedelta(days=days)) if opens > now]
            if ahead:
                return min(ahead)
        return None

    @cached_property
    def _opens_ever(self) -> bool:
        return any(self.week)

    def _on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The spans that begin on this day, as moments."""
        if day in self.closed:
            return
        is_cut = day + timedelta(days=1) in self.closed
        for span in self.week[day.weekday()]:
            opens = _moment(day, span.opens, self.zone, is_last=False)
            closes = _moment(day, min(span.closes, DAY) if is_cut else span.closes, self.zone, is_last=True)
            if opens < closes:
                yield opens, closes


def parse_spans(text: str) -> Spans:
    """`9:00–12:30, 13:30–17`, also over midnight; nothing is a closed day. Invalid("hours") or Invalid("hours_overlap")."""
    text = text.strip()
    parts = [part for part in _BETWEEN.split(_DASH.sub("-", text)) if part]
    spans = sorted(_span(part) for part in parts)
    if len(spans) > MOST_SPANS:
        raise Invalid("hours")
    if any(later.opens < earlier.closes for earlier, later in pairwise(spans)):
        raise Invalid("hours_overlap")
    return tuple(spans)


def parse_week(texts: Sequence[str]) -> tuple[Spans, ...]:
    """Seven days from Monday. Invalid("hours_overlap") too where a night runs into the next day's first span."""
    week = tuple(parse_spans(text) for text in texts)
    if len(week) != WEEK:
        raise Invalid("hours")
    for day, spans in enumerate(week):
        tomorrow = week[(day + 1) % WEEK]
        if spans and tomorrow and spans[-1].closes - DAY > tomorrow[0].opens:
            raise Invalid("hours_overlap")
    return week


def written(spans: Spans) -> str:
    """As `parse_spans` reads it."""
    return ", ".join(str(span) for span in spans)


def _span(part: str) -> Span:
    found = _SPAN.fullmatch(part)
    if found is None:
        raise Invalid("hours")
    opens, closes = _minutes(found[1], found[2]), _minutes(found[3], found[4])
    if opens >= DAY or opens == closes:
        raise Invalid("hours")
    return Span(opens, closes if closes > opens else closes + DAY)


def _minutes(hours: str, minutes: str | None) -> int:
    found = int(hours) * _HOUR + int(minutes or 0)
    if int(minutes or 0) >= _HOUR or found > DAY:
        raise Invalid("hours")
    return found


def _clock(minutes: int) -> str:
    return f"{minutes // _HOUR}:{minutes % _HOUR:02}"


def _moment(day: date, minutes: int, zone: ZoneInfo, *, is_last: bool) -> datetime:
    """When the wall shows this time: the last such moment, or the first; where it never does, when the clock is moved."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    shown = wall.replace(tzinfo=zone, fold=1 if is_last else 0)
    moment = shown.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return _moved(wall, zone)


def _moved(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clock jumps over `wall`, to the second."""
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # read by what holds after the jump, it is before it
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after
