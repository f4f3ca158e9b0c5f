"""What an address may ask for, and the sentence for what it may not."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest

from chat.reports.periods import Refused, parse_period
from tests.cast import Organisation

TODAY = date(2026, 4, 10)
HOSTILE = [
    {"period": "0"}, {"period": "-7"}, {"period": "7.0"}, {"period": "٧"}, {"period": "year"}, {"period": "x" * 100_000}, {"period": ""},
    {"period": "custom"}, {"period": "custom", "from": "2026-01-01"},
    {"period": "custom", "from": "2026-02-30", "to": "2026-03-01"},
    {"period": "custom", "from": "2026-W01-1", "to": "2026-03-01"},
    {"period": "custom", "from": "20260101", "to": "2026-03-01"},
    {"period": "custom", "from": "٢٠٢٦-٠١-٠١", "to": "2026-03-01"},
    {"period": "custom", "from": "2026-03-02", "to": "2026-03-01"},
    {"period": "custom", "from": "2026-04-01", "to": "2026-04-11"},
    {"period": "custom", "from": "0001-01-01", "to": "0001-01-02"},
    {"period": "custom", "from": "2025-03-06", "to": "2026-04-10"},
    {"period": "custom", "from": "'; DROP TABLE chat_message; --", "to": "<script>alert(1)</script>"},
]  # fmt: skip


@pytest.mark.parametrize(("name", "days"), [("today", 1), ("7", 7), ("28", 28), ("90", 90)])
def test_named_periods_end_today(name: str, days: int) -> None:
    found = parse_period({"period": name}, today=TODAY)
    assert (found.last, found.days) == (TODAY, days)


def test_without_a_word_it_is_four_weeks() -> None:
    assert parse_period({}, today=TODAY).days == 28


def test_other_days_than_those_that_were_shown_are_meant() -> None:
    shown = {"period": "7", "shown": "7", "from": str(TODAY - timedelta(days=6)), "to": str(TODAY)}
    assert parse_period(shown, today=TODAY).name == "7"
    changed = parse_period({**shown, "from": str(TODAY - timedelta(days=2))}, today=TODAY)
    assert (changed.name, changed.days) == ("custom", 3)
    assert parse_period({**shown, "period": "28"}, today=TODAY).name == "28"
    assert parse_period({"period": "7", "from": str(TODAY), "to": str(TODAY)}, today=TODAY).name == "7"


def test_the_longest_has_400_days() -> None:
    first = TODAY - timedelta(days=399)
    assert parse_period({"period": "custom", "from": str(first), "to": str(TODAY)}, today=TODAY).days == 400


@pytest.mark.parametrize("asked", HOSTILE)
def test_anything_else_is_refused_at_once(asked: dict[str, str]) -> None:
    begun = time.process_time()
    with pytest.raises(Refused, match=r"[A-Z].*\."):
        parse_period(asked, today=TODAY)
    assert time.process_time() - begun < 1


@pytest.mark.django_db
@pytest.mark.parametrize("asked", [*HOSTILE[:2], HOSTILE[-1], {"department": "x"}, {"site": "9" * 40}])
def test_the_page_says_what_to_do_and_shows_nothing_of_it_again(acme: Organisation, asked: dict[str, str]) -> None:
    client = acme.client("rita")
    response = client.get("/admin/reports/", asked)
    page = response.content.decode()
    assert response.status_code == 400
    assert 'role="alert"' in page
    assert "<script>alert" not in page
    assert not any(value in page for value in asked.values() if len(value) > 20)
    assert client.get("/admin/reports/csv/flow/", asked).status_code == 400
