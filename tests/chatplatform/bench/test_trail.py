"""`manage.py bench audit`."""

import json
from io import StringIO

from django.core.management import call_command

from chatplatform.bench import trail


def bench(*words: str) -> str:
    out = StringIO()
    call_command("bench", "audit", *words, stdout=out)
    return out.getvalue()


def test_verifying_is_told_beside_plain_hashing() -> None:
    told = json.loads(bench("--events", "2500", "--json"))
    assert told["events"] == 2500
    assert told["seconds"] > told["baseline_seconds"] > 0
    assert "SHA-256 alone" in bench("--events", "1000")


def test_a_million_events_in_more_than_ten_seconds_miss_the_gate() -> None:
    assert trail.shortfalls(trail.Verified(1_000_000, 840.0, seconds=10.1, baseline_seconds=1.0))
    assert not trail.shortfalls(trail.Verified(1_000_000, 840.0, seconds=9.9, baseline_seconds=1.0))
