"""Which days a report is about, as the address says it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

DEFAULT: Final = "28"
DAYS: Final[Mapping[str, int]] = {"today": 1, "7": 7, "28": 28, "90": 90}
CUSTOM: Final = "custom"
LONGEST: Final = 400
EARLIEST: Final = date(2000, 1, 1)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Refused(ValueError):
    """What was asked for cannot be shown; the text says what to do instead."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days in the organisation's time zone, both ends included."""

    name: str
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def parse_period(asked: Mapping[str, str], *, today: date) -> Period:
    """From `period`, and `from` and `to` where that is `custom`; Refused for anything else.

    A form that showed a named period (`shown`) and comes back with other days means those days.
    """
    name = asked.get("period", DEFAULT)
    if name in DAYS:
        named = Period(name, today - timedelta(days=DAYS[name] - 1), today)
        if asked.get("shown") != name or _days(asked) in {("", ""), (named.first.isoformat(), named.last.isoformat())}:
            return named
    elif name != CUSTOM:
        raise Refused(_("There is no such period. Choose one from the list."))
    first, last = _day(asked.get("from", "")), _day(asked.get("to", ""))
    if last < first:
        raise Refused(_("The period ends before it begins. Exchange the two days."))
    if last > today:
        raise Refused(_("The period ends in the future. Choose days up to today."))
    if first < EARLIEST:
        raise Refused(_("The period begins too early. Choose a day since the year 2000."))
    if (last - first).days >= LONGEST:
        raise Refused(_("The period is longer than %(days)s days. Choose a shorter one.") % {"days": LONGEST})
    return Period(CUSTOM, first, last)


def _days(asked: Mapping[str, str]) -> tuple[str, str]:
    return asked.get("from", ""), asked.get("to", "")


def _day(typed: str) -> date:
    if _DAY.fullmatch(typed):
        try:
            return date.fromisoformat(typed)
        except ValueError:
            pass
    raise Refused(_("A day is missing or is none. Write both as year-month-day, such as 2026-01-31."))
