import json
import math
import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from security.audit import Action, record
from security.audit.chain import canonical, commitment, genesis, link
from security.audit.verify import verify_tenant
from security.context import acting
from security.models import AuditHead
from security.scoping import tenant_scope
from tests.security.audit.conftest import ACME, ALICE, events_of

CHAIN = UUID("0f0e0d0c-0b0a-4900-8807-060504030201")
AT = datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)


def test_the_format_is_the_one_that_is_written_down() -> None:
    """Computed here from the description alone; whoever changes the format breaks every chain that exists."""
    first = sha256(b"chatplatform audit chain v1\n" + CHAIN.bytes).digest()
    assert genesis(CHAIN) == first
    seven, moment = (7).to_bytes(8, "big"), (1769851800123456).to_bytes(8, "big")
    assert (
        link(first, 7, AT, '{"v":1}')
        == sha256(b"chatplatform audit event v1\n" + first + seven + moment + b'{"v":1}').digest()
    )
    assert commitment(b"s" * 32, "{}") == sha256(b"chatplatform audit detail v1\n" + b"s" * 32 + b"{}").digest()


@pytest.mark.parametrize(
    "other",
    [
        (b"\1" * 32, 7, AT, "{}"),
        (b"\0" * 32, 8, AT, "{}"),
        (b"\0" * 32, 7, AT + timedelta(microseconds=1), "{}"),
        (b"\0" * 32, 7, AT, "{ }"),
    ],
)
def test_everything_about_an_event_is_in_its_hash(other: tuple[bytes, int, datetime, str]) -> None:
    assert link(b"\0" * 32, 7, AT, "{}") != link(*other)


def test_times_are_exact_to_the_microsecond_and_before_1970_too() -> None:
    for at, microseconds in (
        (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), 253402300799999999),
        (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), -1),
    ):
        hashed = b"chatplatform audit event v1\n" + b"\0" * 32 + (7).to_bytes(8, "big")
        assert (
            link(b"\0" * 32, 7, at, "{}")
            == sha256(hashed + microseconds.to_bytes(8, "big", signed=True) + b"{}").digest()
        )


def test_an_entry_is_one_line_of_ascii() -> None:
    text = canonical({"b": "\u2028\r\n\x1b[2J\u202e é", "a": None})
    assert text.isascii()
    assert text.splitlines() == [text]
    assert text.startswith('{"a":null,')
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"a": math.nan})


def test_hashes_and_salts_have_their_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        link(b"short", 1, AT, "{}")
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"short", "{}")


names = st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True).filter(
    lambda name: name not in {"on", "on_label", "outcome", "extent", "changes", "action"}
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=60)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    detail=st.dictionaries(names, scalars, max_size=5),
    changed=st.dictionaries(names, st.tuples(scalars, scalars), max_size=3),
    label=st.text(st.characters(), max_size=40),
)
def test_postgresql_and_python_compute_the_same(
    detail: dict[str, object], changed: dict[str, tuple[object, object]], label: str
) -> None:
    with tenant_scope(ACME):
        record(Action.POLICY_CHANGED, on_label=label, changes=changed, **detail)
    event = events_of(ACME)[-1]
    with tenant_scope(ACME):
        head = AuditHead.objects.get()
    previous = genesis(head.chain) if event.seq == 1 else bytes(events_of(ACME)[-2].hash)
    assert link(previous, event.seq, event.at, event.entry) == bytes(event.hash) == bytes(head.hash)
    assert event.entry == canonical(json.loads(event.entry))
    assert verify_tenant(ACME).ok


def test_eight_threads_on_one_tenant_leave_a_gapless_chain() -> None:
    start = threading.Barrier(8)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            start.wait(10)
            for turn in range(15):
                with acting(actor=ALICE), tenant_scope(ACME):
                    record(Action.CONVERSATION_TAKEN, thread=number, turn=turn)
                    record(Action.CONVERSATION_READ, thread=number, turn=turn)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    events = events_of(ACME)
    assert [event.seq for event in events] == list(range(1, 241))
    assert [event.action for event in events] == ["conversation.taken", "conversation.read"] * 120
    assert verify_tenant(ACME, page=50) == verify_tenant(ACME)
    assert verify_tenant(ACME).entries == 240
