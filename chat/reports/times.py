"""How long people waited: for the first reply, for the end, and at this moment. Medians and 90th percentiles, by PostgreSQL."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.reports.asking import Question
from chat.reports.charts import layers
from chat.reports.reach import REACH
from chat.reports.tables import Column, Figure, Kind, Section, Table
from chat.reports.volume import CLOSED_THEN, CREATED_THEN, DAY_COLUMNS

_SHARES: Final = "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM {}))"
_REPLIED: Final = _SHARES.format("c.first_replied_at - c.created_at")
_ENDED: Final = _SHARES.format("c.closed_at - c.created_at")
_WAITED: Final = "extract(epoch FROM %(now)s::timestamptz - c.waiting_since)"

REPLIES: Final = f"""
SELECT (c.created_at AT TIME ZONE %(zone)s)::date AS day, count(*), count(c.first_replied_at), {_REPLIED}
FROM chat_conversation c WHERE {CREATED_THEN} GROUP BY GROUPING SETS ((day), ())
"""  # noqa: S608 - put together from constants
REPLIES_BEFORE: Final = f"""
SELECT count(*), count(c.first_replied_at), {_REPLIED} FROM chat_conversation c WHERE {CREATED_THEN}
"""  # noqa: S608 - put together from constants
ENDS: Final = f"""
SELECT (c.closed_at AT TIME ZONE %(zone)s)::date AS day, count(*), {_ENDED}
FROM chat_conversation c WHERE {CLOSED_THEN} GROUP BY GROUPING SETS ((day), ())
"""  # noqa: S608 - put together from constants
ENDS_BEFORE: Final = f"SELECT count(*), {_ENDED} FROM chat_conversation c WHERE {CLOSED_THEN}"  # noqa: S608 - as above
WAITING: Final = f"""
SELECT d.name, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY {_WAITED}), max({_WAITED})
FROM chat_conversation c LEFT JOIN tenants_department d ON d.tenant_id = c.tenant_id AND d.id = c.department_id
WHERE {REACH} AND c.status = 'waiting' AND c.waiting_since IS NOT NULL
GROUP BY GROUPING SETS ((d.id, d.name), ())
ORDER BY grouping(d.id), count(*) DESC, d.name
"""  # noqa: S608 - put together from constants

_SPANS: Final = (
    Column("median_seconds", gettext_lazy("Median"), Kind.SECONDS),
    Column("p90_seconds", gettext_lazy("90th percentile"), Kind.SECONDS),
)


def first_response(asked: Question) -> Section:
    """From the beginning to the first reply of an agent, by the day of the beginning."""
    rows = asked.rows(REPLIES)
    total, answered, spans = _sums(rows, counts=2)
    before_total, before_answered, before = _first(asked.before.row(REPLIES_BEFORE), counts=2)
    days = {day: (count, replied, *pair(found)) for day, count, replied, found in rows if day is not None}
    columns = (*DAY_COLUMNS, Column("new", gettext_lazy("New")), Column("answered", gettext_lazy("Answered")), *_SPANS)
    table = Table(
        columns,
        [(one.day, one.since, one.hours, *days.get(one.day, (0, 0, None, None))) for one in asked.calendar.days],
    )
    return Section(
        slug="first-response",
        title=_("First response"),
        about=_(
            "From a conversation's beginning to the first reply of an agent, by the day on which it began. Notes and automatic messages are no"
            " reply; conversations that nobody has answered yet have no time and are not in it."
        ),
        table=table,
        figures=(
            Figure(_("Median"), spans[0], before[0], Kind.SECONDS, is_good=False),
            Figure(_("90th percentile"), spans[1], before[1], Kind.SECONDS, is_good=False),
            Figure(_("Answered"), percent(answered, total), percent(before_answered, before_total), Kind.PERCENT, True),
        ),
        chart=layers(table, behind=("p90_seconds", _("90th percentile")), front=("median_seconds", _("Median")))
        if answered
        else None,
        template="bars",
        nothing=_("Nobody was answered in this period."),
    )


def resolution(asked: Question) -> Section:
    """From the beginning to the last end, by the day of the end."""
    rows = asked.rows(ENDS)
    closed, spans = _sums(rows, counts=1)
    before_closed, before = _first(asked.before.row(ENDS_BEFORE), counts=1)
    days = {day: (count, *pair(found)) for day, count, found in rows if day is not None}
    table = Table(
        (*DAY_COLUMNS, Column("closed", gettext_lazy("Closed")), *_SPANS),
        [(one.day, one.since, one.hours, *days.get(one.day, (0, None, None))) for one in asked.calendar.days],
    )
    return Section(
        slug="resolution",
        title=_("Time to the end"),
        about=_(
            "From a conversation's beginning to its last end, by the day on which it ended. The time between an end and a reopening is in it."
        ),
        table=table,
        figures=(
            Figure(_("Median"), spans[0], before[0], Kind.SECONDS, is_good=False),
            Figure(_("90th percentile"), spans[1], before[1], Kind.SECONDS, is_good=False),
            Figure(_("Closed"), closed, before_closed),
        ),
        chart=layers(table, behind=("p90_seconds", _("90th percentile")), front=("median_seconds", _("Median")))
        if closed
        else None,
        template="bars",
        nothing=_("Nothing was closed in this period."),
    )


def waiting(asked: Question) -> Section:
    """Who waits at this moment, by department; the period does not matter."""
    *rows, (_none, count, middle, longest) = asked.rows(WAITING)
    columns = (
        Column("department", gettext_lazy("Department"), Kind.TEXT),
        Column("waiting", gettext_lazy("Waiting")),
        _SPANS[0],
        Column("longest_seconds", gettext_lazy("Longest"), Kind.SECONDS),
    )
    found = [
        (_("No department") if name is None else name, number, whole(half), whole(most))
        for name, number, half, most in rows
    ]
    return Section(
        slug="waiting",
        title=_("Waiting now"),
        about=_(
            "Conversations in the queue at this moment, whatever the period. Who was returned to it waits since then."
        ),
        table=Table(columns, found),
        figures=(
            Figure(_("Waiting"), count, None, compares=False),
            Figure(_("Median"), whole(middle), None, Kind.SECONDS, compares=False),
            Figure(_("Longest"), whole(longest), None, Kind.SECONDS, compares=False),
        ),
        nothing="" if found else _("Nobody waits."),
    )


def whole(seconds: Any) -> int | None:
    """Whole seconds: what a person sees and a program gets."""
    return None if seconds is None else round(float(seconds))


def pair(spans: Any) -> tuple[int | None, int | None]:
    """Median and 90th percentile; PostgreSQL has no array where nothing was measured."""
    return (None, None) if spans is None else (whole(spans[0]), whole(spans[1]))


def percent(part: int, total: int) -> int | None:
    """In whole percent; None of nothing."""
    return round(part / total * 100) if total else None


def _sums(rows: list[tuple[Any, ...]], *, counts: int) -> tuple[Any, ...]:
    """The row of all days together."""
    return _first(next(row[1:] for row in rows if row[0] is None), counts=counts)


def _first(row: tuple[Any, ...], *, counts: int) -> tuple[Any, ...]:
    return (*row[:counts], pair(row[counts]))
