"""Chart, table, CSV and what Python counts by itself are the same numbers."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import datetime, timedelta

import pytest

from chat.reports.reading import export_section, read_report
from chat.reports.tables import Section
from security.scoping import tenant_scope
from tests.cast import Organisation

from .given import HERE, NOW, Told, between

pytestmark = pytest.mark.django_db
SINCE = datetime(2026, 3, 14, tzinfo=HERE)
"""Where the 28 days up to NOW begin."""
BEFORE = (datetime(2026, 2, 14, tzinfo=HERE), (NOW.astimezone(HERE) - timedelta(days=28)))


def section(of: Organisation, kind: str, slug: str, who: str = "rita", **asked: str) -> Section:
    with tenant_scope(of.tenant_id):
        report = read_report(grant=of.grant(who), kind=kind, asked=asked, now=NOW)
    return next(one for one in report.sections if one.slug == slug)


def sheet(of: Organisation, slug: str, who: str = "rita", **asked: str) -> list[dict[str, str]]:
    with tenant_scope(of.tenant_id):
        made = export_section(grant=of.grant(who), section=slug, asked=asked, now=NOW)
    return list(csv.DictReader(io.StringIO("".join(made.lines))))


def test_new_and_closed_by_day(acme: Organisation, told: list[Told]) -> None:
    new = Counter(one.created.astimezone(HERE).date() for one in between(told, lambda one: one.created, SINCE, NOW))
    ended = between(told, lambda one: one.closed, SINCE, NOW)
    closed = Counter(one.closed.astimezone(HERE).date() for one in ended if one.closed)
    resolved = Counter(one.closed.astimezone(HERE).date() for one in ended if one.closed and one.outcome == "resolved")
    days = [(SINCE + timedelta(days=number)).date() for number in range(28)]
    wanted = [(day, new[day], closed[day], resolved[day]) for day in days]
    found = section(acme, "overview", "flow")
    assert found.table is not None
    assert [(row[0], *row[3:]) for row in found.table.rows] == wanted
    assert sum(new.values()) > 50
    lines = sheet(acme, "flow")
    assert [(row["day"], row["new"], row["closed"], row["resolved"]) for row in lines] == [
        (day.isoformat(), *(str(number) for number in numbers)) for day, *numbers in wanted
    ]
    assert [figure.value for figure in found.figures] == [
        sum(new.values()),
        sum(closed.values()),
        sum(resolved.values()),
    ]
    before = [
        len(between(told, lambda one: one.created, *BEFORE)),
        len(between(told, lambda one: one.closed, *BEFORE)),
        len([one for one in between(told, lambda one: one.closed, *BEFORE) if one.outcome == "resolved"]),
    ]
    assert [figure.before for figure in found.figures] == before


def test_the_chart_and_the_table_of_the_page_say_what_the_sheet_says(acme: Organisation, told: list[Told]) -> None:
    client = acme.client("rita")
    page = client.get(
        "/admin/reports/", {"period": "custom", "from": "2026-03-01", "to": "2026-04-09"}
    ).content.decode()
    with tenant_scope(acme.tenant_id):
        rows = sheet(acme, "flow", period="custom", **{"from": "2026-03-01", "to": "2026-04-09"})
    part = page.partition('id="report-flow"')[2].partition("</section>")[0]
    shown = re.findall(r"<tr><th scope=\"row\">[^<]*</th>((?:<td>[^<]*</td>)*)</tr>", part)
    table = [tuple(re.findall(r"<td>([^<]*)</td>", line)) for line in shown]
    assert table == [(row["hours"], row["new"], row["closed"], row["resolved"]) for row in rows]
    drawn = re.findall(r"<rect class=\"bar-1\"[^>]*><title>[^<]*: (\d+)</title>", part)
    assert drawn == [row["new"] for row in rows if row["new"] != "0"]


def test_new_by_hour_and_weekday(acme: Organisation, told: list[Told]) -> None:
    wanted = Counter(
        (at.isoweekday(), at.hour)
        for one in between(told, lambda one: one.created, SINCE, NOW)
        for at in [one.created.astimezone(HERE)]
    )
    found = section(acme, "overview", "hours")
    assert found.table is not None
    assert {
        (weekday, hour): cell
        for weekday, row in enumerate(found.table.rows, start=1)
        for hour, cell in enumerate(row[1:])
        if cell
    } == wanted
    lines = sheet(acme, "hours")
    assert [[int(row[f"{hour:02}"]) for hour in range(24)] for row in lines] == [
        [wanted[weekday, hour] for hour in range(24)] for weekday in range(1, 8)
    ]
