"""`manage.py bench`: says what was measured, and fails where it is told to."""

import json
from io import StringIO

from django.core.management import call_command

from chatplatform.bench import speed


def bench(*words: str) -> str:
    out = StringIO()
    call_command("bench", *words, stdout=out)
    return out.getvalue()


def test_without_an_option_the_time_of_each_kind_of_message_is_told_beside_the_baseline() -> None:
    times = json.loads(bench("masking", "--json"))
    assert {"60 clean characters", "2,000 with a card", "60 clean, 20 patterns"} <= {one["name"] for one in times}
    assert all(0 < one["median_us"] <= one["p99_us"] and one["baseline_us"] > 0 for one in times)
    assert "regex+Luhn" in bench("masking")


def test_what_takes_longer_than_agreed_fails_the_gate() -> None:
    slow = speed.Time("60 clean characters", median_us=6, p99_us=301, baseline_us=1, wanted_us=5)
    assert len(speed.shortfalls([slow])) == 2


def test_fuzzing_reports_recall_per_mutation() -> None:
    assert "encoding + others" in bench("masking", "--fuzz", "120")
    assert json.loads(bench("masking", "--fuzz", "120", "--json"))["recall"]["all"] > 0


def test_quality_is_reported_as_data() -> None:
    data = json.loads(bench("masking", "--quality", "--json", "--failures"))
    assert {"card", "ssn", "split card", "split ssn", "clean"} <= data["figures"].keys()
    assert data["figures"]["card"]["cases"] >= 500
