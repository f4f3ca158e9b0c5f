"""How much came in, and how much was closed: by day, and by hour and weekday. Counts of conversations alone."""

from __future__ import annotations

from typing import Final

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.reports.asking import Question
from chat.reports.charts import bars, heatmap
from chat.reports.reach import REACH
from chat.reports.tables import Column, Figure, Kind, Section, Table

CREATED_THEN: Final = (
    f"{REACH} AND c.created_at >= %(since)s AND c.created_at < %(until)s AND c.last_message_at >= %(since)s"
)
"""A conversation's last message is never older than itself, and by that column there is an index."""
CLOSED_THEN: Final = f"{REACH} AND c.closed_at >= %(since)s AND c.closed_at < %(until)s"
_RESOLVED: Final = "count(*) FILTER (WHERE c.outcome = 'resolved')"

NEW: Final = f"SELECT count(*) FROM chat_conversation c WHERE {CREATED_THEN}"  # noqa: S608 - put together from constants
NEW_BY_DAY: Final = f"""
SELECT (c.created_at AT TIME ZONE %(zone)s)::date AS day, count(*) FROM chat_conversation c WHERE {CREATED_THEN} GROUP BY day
"""  # noqa: S608 - put together from constants
CLOSED: Final = f"SELECT count(*), {_RESOLVED} FROM chat_conversation c WHERE {CLOSED_THEN}"  # noqa: S608 - as above
CLOSED_BY_DAY: Final = f"""
SELECT (c.closed_at AT TIME ZONE %(zone)s)::date AS day, count(*), {_RESOLVED}
FROM chat_conversation c WHERE {CLOSED_THEN} GROUP BY day
"""  # noqa: S608 - put together from constants
BY_HOUR: Final = f"""
SELECT extract(isodow FROM begun.here)::int, extract(hour FROM begun.here)::int, count(*)
FROM chat_conversation c CROSS JOIN LATERAL (SELECT c.created_at AT TIME ZONE %(zone)s AS here) begun
WHERE {CREATED_THEN} GROUP BY 1, 2
"""  # noqa: S608 - put together from constants

DAY_COLUMNS: Final = (
    Column("day", gettext_lazy("Day"), Kind.DAY),
    Column("begins_at", "", Kind.MOMENT),
    Column("hours", gettext_lazy("Hours")),
)


def flow(asked: Question) -> Section:
    """New, closed and resolved by day."""
    table = flow_table(asked)
    new_before = asked.before.row(NEW)[0]
    closed_before, resolved_before = asked.before.row(CLOSED)
    new, closed, resolved = (_sum(table, key) for key in ("new", "closed", "resolved"))
    return Section(
        slug="flow",
        title=_("New and closed"),
        about=_(
            "New: conversations that began on the day. Closed: those whose last end was on the day, by an agent, the visitor or after silence."
            " Resolved: closed with that outcome."
        ),
        table=table,
        figures=(
            Figure(_("New"), new, new_before),
            Figure(_("Closed"), closed, closed_before),
            Figure(_("Resolved"), resolved, resolved_before),
        ),
        chart=bars(table, ("new", _("New")), ("closed", _("Closed"))) if new or closed else None,
        template="bars",
        nothing=_("Nothing began and nothing was closed in this period."),
    )


def flow_table(asked: Question) -> Table:
    """A row for each day of the period, the empty ones too."""
    began = dict(asked.rows(NEW_BY_DAY))
    ended = {day: (closed, resolved) for day, closed, resolved in asked.rows(CLOSED_BY_DAY)}
    columns = (
        *DAY_COLUMNS,
        Column("new", gettext_lazy("New")),
        Column("closed", gettext_lazy("Closed")),
        Column("resolved", gettext_lazy("Resolved")),
    )
    rows = [
        (one.day, one.since, one.hours, began.get(one.day, 0), *ended.get(one.day, (0, 0)))
        for one in asked.calendar.days
    ]
    return Table(columns, rows)


def hours(asked: Question) -> Section:
    """New conversations by the hour of the day and the day of the week."""
    table = hours_table(asked)
    return Section(
        slug="hours",
        title=_("New by hour and weekday"),
        about=_("When conversations begin: all of the period added up, each in its hour of the organisation's clock."),
        table=table,
        chart=heatmap(table) if any(sum(counts) for _day, *counts in table.rows) else None,  # type: ignore[arg-type]
        template="heatmap",
        nothing=_("Nothing began in this period."),
    )


def hours_table(asked: Question) -> Table:
    """Monday to Sunday, midnight to midnight."""
    found = {(weekday, hour): count for weekday, hour, count in asked.rows(BY_HOUR)}
    columns = (
        Column("weekday", gettext_lazy("Weekday"), Kind.TEXT),
        *(Column(f"{hour:02}", f"{hour:02}") for hour in range(24)),
    )
    rows = [
        (str(WEEKDAYS[weekday - 1]), *(found.get((weekday, hour), 0) for hour in range(24))) for weekday in range(1, 8)
    ]
    return Table(columns, rows)


def _sum(table: Table, key: str) -> int:
    return sum(cell for cell in table.column(key) if isinstance(cell, int))
