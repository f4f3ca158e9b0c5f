"""`bench retention`: what is told. The run itself takes minutes and is not part of the tests."""

from __future__ import annotations

from chatplatform.bench.retention.command import as_table

RATE = {"seconds": 2.0, "messages_a_second": 50_000, "grown_mib": 1.5}
FOUND = {
    "messages": 100_000,
    "conversations": 10_000,
    "archive": RATE,
    "purge": RATE,
    "export": RATE,
    "delete": RATE,
    "restore": {"ms_a_conversation": 4.2, "messages_a_second": 2_400},
    "latency": {"alone": {"p50": 2.0, "p99": 5.0, "worst": 9.0}, "archive": {"p50": 3.0, "p99": 7.5, "worst": 12.0}},
    "due": {"among": 1_000_000, "the next chunk": 1.4, "plan": ["Index Scan using chat_conversation_recent_idx"]},
}


def test_rates_stand_beside_what_plain_sql_does() -> None:
    text = as_table(FOUND)
    for told in ("archived and deleted", "plain DELETE", "50,000", "4.2 ms", "while archiving", "Index Scan"):
        assert told in text


def test_what_is_told_of_a_plan_is_told_as_it_is() -> None:
    assert as_table(FOUND).splitlines()[-2:] == [
        "the next chunk                     1.4",
        "Index Scan using chat_conversation_recent_idx",
    ]
