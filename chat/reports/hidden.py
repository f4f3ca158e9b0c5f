"""What masking hid, by rule and by day: numbers of the whole organisation, on days of UTC, as they are kept."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.masked_kinds import kind_of, rule_of
from chat.reports.asking import Question
from chat.reports.charts import bars, rows_of
from chat.reports.tables import Column, Figure, Kind, Section, Table
from tenants.models import MaskingCount
from tenants.services.masking.counts import UNDONE

ZONE = "UTC"


def hidden_by_rule(asked: Question) -> Section:
    """Each rule that hid something; whatever department or website was chosen."""
    first, last = asked.calendar.period.first, asked.calendar.period.last
    days = asked.calendar.period.days
    found = _counts(first, last).values_list("rule", "kind").annotate(sum=Sum("hits"))
    rows = sorted(
        ((rule_of(rule, kind), kind_of(kind), hits) for rule, kind, hits in found), key=lambda row: (-row[2], row[:2])
    )
    columns = (
        Column("rule", gettext_lazy("Rule"), Kind.TEXT),
        Column("kind", gettext_lazy("Kind"), Kind.TEXT),
        Column("places", gettext_lazy("Places")),
    )
    table = Table(columns, rows)
    before = _sum(first - timedelta(days=days), first - timedelta(days=1))
    return Section(
        slug="hidden",
        title=_("Hidden by rule"),
        about=_(
            "Places that masking hid in what was stored, of the whole organisation: they are counted without department and website, so those"
            " filters do not narrow them. What visitors took back before they sent it is not counted."
        ),
        table=table,
        figures=(Figure(_("Places"), sum(row[2] for row in rows), before),),
        chart=rows_of(table, key="places") if rows else None,
        template="rows",
        nothing=_("Nothing was hidden in this period."),
        zone=ZONE,
    )


def hidden_by_day(asked: Question) -> Section:
    """The same by day."""
    period = asked.calendar.period
    found = dict(_counts(period.first, period.last).values_list("day").annotate(sum=Sum("hits")))
    columns = (Column("day", gettext_lazy("Day"), Kind.DAY), Column("places", gettext_lazy("Places")))
    table = Table(columns, [(one.day, found.get(one.day, 0)) for one in asked.calendar.days])
    return Section(
        slug="hidden-days",
        title=_("Hidden by day"),
        about=_("All rules together."),
        table=table,
        chart=bars(table, ("places", _("Places"))) if found else None,
        template="bars",
        nothing=_("Nothing was hidden in this period."),
        zone=ZONE,
    )


def _counts(first: date, last: date) -> QuerySet[MaskingCount]:
    return MaskingCount.objects.filter(day__gte=first, day__lte=last).exclude(kind=UNDONE).order_by()


def _sum(first: date, last: date) -> int:
    return int(_counts(first, last).aggregate(sum=Sum("hits"))["sum"] or 0)
