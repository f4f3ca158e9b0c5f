"""Chart, table, CSV and what Python counts by itself are the same numbers."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chat.reports.reading import KINDS, export_section, read_report
from chat.reports.tables import Section
from security.scoping import tenant_scope
from tenants.services.masking.counts import add_counts
from tests.cast import Organisation

from .given import AGENTS, HERE, NOW, Told, between, middle, percentile, store

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


def spans(values: list[float]) -> tuple[int | None, int | None]:
    half, most = percentile(values, 0.5), percentile(values, 0.9)
    assert half == middle(values)
    return (None, None) if half is None or most is None else (round(half), round(most))


def test_first_response_is_the_median_and_the_90th_percentile(acme: Organisation, told: list[Told]) -> None:
    found = section(acme, "times", "first-response")
    began = between(told, lambda one: one.created, SINCE, NOW)
    before = between(told, lambda one: one.created, *BEFORE)
    for those, values in (
        (began, [figure.value for figure in found.figures]),
        (before, [figure.before for figure in found.figures]),
    ):
        answered = [one.first_response for one in those if one.first_response is not None]
        assert values == [*spans(answered), round(len(answered) / len(those) * 100)]
    lines = sheet(acme, "first-response")
    for line in lines:
        day = [one for one in began if one.created.astimezone(HERE).date().isoformat() == line["day"]]
        answered = [one.first_response for one in day if one.first_response is not None]
        assert (line["new"], line["answered"]) == (str(len(day)), str(len(answered)))
        assert (line["median_seconds"], line["p90_seconds"]) == tuple(
            "" if value is None else str(value) for value in spans(answered)
        )
    assert any(not line["median_seconds"] for line in lines) or len(began) > 50


def test_time_to_the_end_is_counted_on_the_day_of_the_end(acme: Organisation, told: list[Told]) -> None:
    found = section(acme, "times", "resolution")
    ended = between(told, lambda one: one.closed, SINCE, NOW)
    assert [figure.value for figure in found.figures] == [
        *spans([one.resolution for one in ended if one.resolution is not None]),
        len(ended),
    ]
    for line in sheet(acme, "resolution"):
        day = [
            one.resolution
            for one in ended
            if one.closed and one.resolution and one.closed.astimezone(HERE).date().isoformat() == line["day"]
        ]
        assert (line["closed"], line["median_seconds"], line["p90_seconds"]) == (
            str(len(day)),
            *("" if value is None else str(value) for value in spans(day)),
        )


def test_waiting_now_by_department(acme: Organisation, told: list[Told]) -> None:
    waiting = [one for one in told if one.agent is None and one.closed is None]
    for line in sheet(acme, "waiting"):
        waits = [(NOW - one.created).total_seconds() for one in waiting if one.department == line["department"]]
        assert (line["waiting"], line["median_seconds"], line["longest_seconds"]) == (
            str(len(waits)),
            str(spans(waits)[0]),
            str(round(max(waits))),
        )
    assert section(acme, "waiting", "waiting").figures[0].value == len(waiting) > 10


def test_satisfaction_is_a_share_of_the_ratings_of_what_was_closed(acme: Organisation, told: list[Told]) -> None:
    found = section(acme, "satisfaction", "satisfaction")
    ended = between(told, lambda one: one.closed, SINCE, NOW)
    ratings = Counter(one.rating for one in ended if one.rating is not None)
    rated = sum(ratings.values())
    assert [figure.value for figure in found.figures] == [
        round((ratings[4] + ratings[5]) / rated * 100),
        round(rated / len(ended) * 100),
        rated,
        0,
    ]
    assert [(line["score"], line["ratings"]) for line in sheet(acme, "satisfaction")] == [
        (str(score), str(ratings[score])) for score in (5, 4, 3, 2, 1)
    ]


def by_agent(told: list[Told], name: str) -> dict[str, str]:
    """A line of the sheet, counted by Python."""
    said = [one for one in told for who, at in one.said if who == name and SINCE <= at < NOW]
    replies = [
        one.first_response
        for one in between(told, lambda one: one.created, SINCE, NOW)
        if one.replied_by == name and one.first_response is not None
    ]
    ended = [one for one in between(told, lambda one: one.closed, SINCE, NOW) if one.agent == name]
    ratings = [one.rating for one in ended if one.rating is not None]
    share = round(len([rating for rating in ratings if rating >= 4]) / len(ratings) * 100) if ratings else ""
    return {
        "agent": name.title(),
        "conversations": str(len({one.public_id for one in said})),
        "messages": str(len(said)),
        "first_response_seconds": str(spans(replies)[0]),
        "closed": str(len(ended)),
        "resolution_seconds": str(spans([one.resolution for one in ended if one.resolution is not None])[0]),
        "satisfaction_percent": str(share),
        "ratings": str(len(ratings)),
    }


def test_each_agent(acme: Organisation, told: list[Told]) -> None:
    lines = sheet(acme, "agents")
    assert {line["agent"]: line for line in lines} == {name.title(): by_agent(told, name) for name in AGENTS}
    counts = [int(line["conversations"]) for line in lines]
    assert counts == sorted(counts, reverse=True)


def test_an_agents_own_numbers_are_his_line_of_that_report(acme: Organisation, told: list[Told]) -> None:
    found = section(acme, "agents", "agents", who="alice")
    assert found.table is not None
    wanted = by_agent(told, "alice")
    assert len(found.table.rows) == 1
    assert [str(cell) for cell in found.table.rows[0]] == list(wanted.values())
    assert [str(figure.value) for figure in found.figures] == list(wanted.values())[1:]


def test_a_reply_that_was_sent_with_another_at_the_same_moment_counts_once(acme: Organisation) -> None:
    at = NOW - timedelta(hours=1)
    one = Told(at, "Support", "Shop", "alice", replied=at + timedelta(seconds=30), replied_by="alice")
    one.said = [("alice", at + timedelta(seconds=30)), ("bob", at + timedelta(seconds=30))]
    store(acme, [one])
    lines = {line["agent"]: line["first_response_seconds"] for line in sheet(acme, "agents")}
    assert lines == {"Alice": "30", "Bob": ""}


def test_what_was_hidden_by_rule_and_day(acme: Organisation) -> None:
    days = {date(2026, 4, 10): 3, date(2026, 4, 1): 2, date(2026, 3, 13): 40, date(2026, 3, 1): 5}
    with tenant_scope(acme.tenant_id):
        for day, hits in days.items():
            add_counts(hits={(day, "card", "card"): hits, (day, "Staff", "custom"): 1}, withheld=0)
        add_counts(hits={(date(2026, 4, 10), "browser", "card"): 2}, withheld=0)
    found = section(acme, "masking", "hidden")
    assert [(figure.value, figure.before) for figure in found.figures] == [(9, 47)]
    assert [(line["rule"], line["kind"], line["places"]) for line in sheet(acme, "hidden")] == [
        ("card", "Card number", "5"),
        ("Staff", "Your rule", "2"),
        ("in the visitor's browser, before it was sent", "Card number", "2"),
    ]
    by_day = {line["day"]: line["places"] for line in sheet(acme, "hidden-days")}
    assert len(by_day) == 28
    assert {day: places for day, places in by_day.items() if places != "0"} == {"2026-04-01": "3", "2026-04-10": "6"}
    assert "Time zone: UTC" in acme.client("rita").get("/admin/reports/masking/").content.decode()


@pytest.mark.parametrize("kind", [kind.slug for kind in KINDS])
def test_an_empty_organisation_is_told_so(acme: Organisation, kind: str) -> None:
    page = acme.client("rita").get(f"/admin/reports/{kind}/")
    assert page.status_code == 200
    assert "report__nothing" in page.content.decode()


@pytest.mark.parametrize("kind", [kind.slug for kind in KINDS if kind.slug != "masking"])
def test_each_report_costs_a_bounded_number_of_queries(
    acme: Organisation, told: list[Told], kind: str, django_assert_max_num_queries: Any
) -> None:
    client = acme.client("rita")
    with django_assert_max_num_queries(40):
        client.get(f"/admin/reports/{kind}/")
