"""What the pages of reports have in common: the form that chooses period and filters, and the addresses that keep the choice."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from chat.reports import reading
from chat.reports.periods import CUSTOM, DAYS, DEFAULT, EARLIEST, LONGEST, Period
from chat.reports.reach import Chosen, Tier, tier_of
from chat.reports.reading import Report
from security.permissions import Grant


def shown(grant: Grant, found: Report) -> dict[str, Any]:
    """For the templates."""
    return {
        **_frame(grant, found.kind.slug, found.tier),
        "report": found,
        "sections": found.sections,
        "zone": found.calendar.zone,
        "zone_is_unknown": found.calendar.clock.is_unknown,
        "today": found.calendar.clock.today,
        "period": found.period,
        "chosen": found.chosen,
        "query": _query(found.period, found.chosen),
        "subtitle": None,
    }


def refused(grant: Grant, kind: str, sentence: str, *, now: datetime, tier: Tier | None = None) -> dict[str, Any]:
    """The form alone, as at first, and why."""
    clock = reading.clock_of(now=now)
    return {
        **_frame(grant, kind, tier or tier_of(grant)),
        "refusal": sentence,
        "zone": clock.zone,
        "today": clock.today,
        "period": {"name": DEFAULT},
        "query": "",
    }


def _frame(grant: Grant, kind: str, tier: Tier) -> dict[str, Any]:
    names = {"today": _("Today"), CUSTOM: _("Days of your choice")}
    return {
        "title": _("Reports"),
        "kinds": reading.kinds_for(tier),
        "current": kind,
        "choices": reading.choices_for(grant, tier),
        "periods": [(name, names.get(name) or _("%(days)s days") % {"days": name}) for name in (*DAYS, CUSTOM)],
        "earliest": EARLIEST,
        "longest": LONGEST,
        "is_own": tier is Tier.OWN,
        "is_departments": tier is Tier.DEPARTMENT,
    }


def _query(period: Period, chosen: Chosen) -> str:
    """The choice as it stands in an address: nothing that was typed, all of it was parsed."""
    said = {"period": period.name}
    if period.name == CUSTOM:
        said |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
    for name, value in (("department", chosen.department), ("site", chosen.site)):
        if value is not None:
            said[name] = str(value)
    return urlencode(said)
