"""Reports as they are read and exported: who may, over what, and on the record where persons are named or numbers leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.reports import agents, hidden, satisfaction, sheets, times, volume
from chat.reports.asking import Question, question
from chat.reports.clock import Calendar, Clock, read_calendar, read_clock
from chat.reports.periods import Period, parse_period
from chat.reports.reach import Chosen, Tier, counted_for, departments_to_choose, parse_chosen, tier_of
from chat.reports.tables import Section
from security.audit import Action, record
from security.errors import Denied, NotFound
from security.permissions import Grant, Permission, has_somewhere, require, require_somewhere
from tenants.models import Department, Site

Builder = Callable[[Question], Section]


@dataclass(frozen=True, slots=True)
class Kind:
    """One report: a page of sections, for readers of these tiers."""

    slug: str
    label: str | Promise
    sections: Mapping[str, Builder]
    tiers: frozenset[Tier] = frozenset(Tier)


_OTHERS: Final = frozenset({Tier.DEPARTMENT, Tier.ALL})
KINDS: Final = (
    Kind("overview", _("Overview"), {"flow": volume.flow, "hours": volume.hours}),
    Kind("times", _("Response and end"), {"first-response": times.first_response, "resolution": times.resolution}),
    Kind("waiting", _("Waiting now"), {"waiting": times.waiting}, _OTHERS),
    Kind("satisfaction", _("Satisfaction"), {"satisfaction": satisfaction.satisfaction}),
    Kind("agents", _("Agents"), {"agents": agents.agents}),
    Kind(
        "masking",
        _("Masking"),
        {"hidden": hidden.hidden_by_rule, "hidden-days": hidden.hidden_by_day},
        frozenset({Tier.ALL}),
    ),
)
OWN: Final = Kind(
    "own",
    _("Your numbers"),
    {
        "agents": agents.agents,
        "flow": volume.flow,
        "first-response": times.first_response,
        "resolution": times.resolution,
        "satisfaction": satisfaction.satisfaction,
        "hours": volume.hours,
    },
)
"""Everything about the reader himself, on one page of the console."""
_READING: Final = (Permission.REPORTS_OWN, Permission.REPORTS_DEPARTMENT, Permission.REPORTS_ALL)
_BY_SLUG: Final = {kind.slug: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the reader may narrow a report to."""

    departments: Sequence[Department]
    sites: Sequence[Site]


@dataclass(frozen=True, slots=True)
class Report:
    """What a page shows."""

    kind: Kind
    tier: Tier
    calendar: Calendar
    chosen: Chosen
    sections: Sequence[Section]

    @property
    def period(self) -> Period:
        return self.calendar.period


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV on its way: the name of its file, and its lines."""

    filename: str
    lines: Iterator[str]


def may_read(grant: Grant) -> bool:
    """Whether any report is this member's to read."""
    return any(has_somewhere(grant, right) for right in _READING)


def may_export(grant: Grant) -> bool:
    """Whether any numbers may leave with this member."""
    try:
        require_somewhere(grant, Permission.REPORTS_EXPORT)
        tier_of(grant, is_export=True)
    except Denied:
        return False
    return True


def kinds_for(tier: Tier) -> list[Kind]:
    """The reports that a reader of this tier may open."""
    return [kind for kind in KINDS if tier in kind.tiers]


def choices_for(grant: Grant, tier: Tier) -> Choices:
    """Departments and websites for the filters."""
    return Choices(list(departments_to_choose(grant, tier)), list(Site.objects.order_by("name")))


def read_report(
    *, grant: Grant, kind: str, asked: Mapping[str, str], now: datetime, tier: Tier | None = None
) -> Report:
    """One report; a `tier` narrower than the reader's own may be given. NotFound for one that is not for him, Refused for a bad period or filter."""
    tier = _tier(grant, tier)
    found = _BY_SLUG.get(kind)
    if found is None or tier not in found.tiers:
        raise NotFound
    return _read(grant, found, tier, asked, now)


def read_own(*, grant: Grant, asked: Mapping[str, str], now: datetime) -> Report:
    """The reader's own numbers, whatever else he may see."""
    require(grant, Permission.REPORTS_OWN)
    return _read(grant, OWN, Tier.OWN, asked, now)


def export_section(*, grant: Grant, section: str, asked: Mapping[str, str], now: datetime) -> Sheet:
    """The table of one section as CSV. The event is written before anything leaves."""
    require_somewhere(grant, Permission.REPORTS_EXPORT)
    tier = tier_of(grant, is_export=True)
    build = next((kind.sections[section] for kind in kinds_for(tier) if section in kind.sections), None)
    if build is None:
        raise NotFound
    questioned, _chosen = _question(grant, tier, asked, now, is_export=True)
    table = build(questioned).table
    if table is None:
        raise NotFound
    period = questioned.calendar.period
    record(
        Action.REPORT_EXPORTED,
        report=section,
        rows=len(table.rows),
        first_day=period.first.isoformat(),
        last_day=period.last.isoformat(),
    )
    lines = iter(list(sheets.lines(table, zone=questioned.calendar.zone)))
    return Sheet(f"{section}-{period.first}-{period.last}.csv", lines)


def clock_of(*, now: datetime) -> Clock:
    """The organisation's time, for a page whose report was refused."""
    return read_clock(now=now)


def _read(grant: Grant, kind: Kind, tier: Tier, asked: Mapping[str, str], now: datetime) -> Report:
    questioned, chosen = _question(grant, tier, asked, now)
    sections = [build(questioned) for build in kind.sections.values()]
    _note_people(sections, kind.slug, questioned.calendar)
    return Report(kind, tier, questioned.calendar, chosen, sections)


def _tier(grant: Grant, wanted: Tier | None) -> Tier:
    """The reader's own, or the narrower one that he asked for."""
    widest = tier_of(grant)
    order = list(Tier)
    return widest if wanted is None or order.index(wanted) > order.index(widest) else wanted


def _question(
    grant: Grant, tier: Tier, asked: Mapping[str, str], now: datetime, *, is_export: bool = False
) -> tuple[Question, Chosen]:
    clock = read_clock(now=now)
    period = parse_period(asked, today=clock.today)
    chosen = parse_chosen(asked)
    return question(counted_for(grant, chosen, tier=tier, is_export=is_export), read_calendar(clock, period)), chosen


def _note_people(sections: Sequence[Section], kind: str, calendar: Calendar) -> None:
    people = sum(section.people for section in sections)
    if people:
        record(
            Action.REPORT_READ,
            report=kind,
            people=people,
            first_day=calendar.period.first.isoformat(),
            last_day=calendar.period.last.isoformat(),
        )
