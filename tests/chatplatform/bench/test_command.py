"""`manage.py bench`: says what was measured, and fails where it is told to."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def bench(*words: str) -> str:
    out = StringIO()
    call_command("bench", *words, stdout=out)
    return out.getvalue()


def test_nothing_is_measured_without_being_named() -> None:
    with pytest.raises(CommandError, match="--quality"):
        bench("masking")


def test_fuzzing_reports_recall_per_mutation() -> None:
    assert "encoding + others" in bench("masking", "--fuzz", "120")
    assert json.loads(bench("masking", "--fuzz", "120", "--json"))["recall"]["all"] > 0


def test_quality_is_reported_as_data() -> None:
    data = json.loads(bench("masking", "--quality", "--json", "--failures"))
    assert {"card", "ssn", "split card", "split ssn", "clean"} <= data["figures"].keys()
    assert data["figures"]["card"]["cases"] >= 500
