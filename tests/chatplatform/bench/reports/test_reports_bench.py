"""`bench reports`: what is told, and which pages are too slow. The run itself takes minutes and is not part of the tests."""

from __future__ import annotations

from chatplatform.bench.reports.command import as_table, shortfalls

FOUND = {
    "baselines": {"count(*) of all messages": {"rows": 1_000_000, "ms": 84.8}},
    "queries": {"new by day": {"28": 1.0, "90": 2.0, "400": 3.0}},
    "pages": {"overview": {"28": 10.0, "400": 999.0}, "agents": {"28": 20.0, "400": 1000.1}},
}


def test_a_page_that_takes_longer_than_a_second_fails_the_gate() -> None:
    assert shortfalls(FOUND) == ["agents over 400 days takes 1000.1 ms, 1000 wanted"]


def test_times_stand_beside_a_plain_count() -> None:
    text = as_table(FOUND)
    assert "1,000,000 rows" in text
    assert "page agents" in text
