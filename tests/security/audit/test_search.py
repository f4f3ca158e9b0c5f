"""Finding events: each filter lets through what fits and nothing else, newest first, and a page ends in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from security.audit import Action, record
from security.audit.search import FIRST_STRETCH, Filter, find, oldest_first, seq_at
from security.context import Actor, ActorKind, acting
from security.models import AuditAddress, AuditEvent, User
from security.scoping import tenant_scope
from tests.security.audit.conftest import ACME, ALICE, RIVAL, VERA, read_again

ALICES = UUID(ALICE.id)


def numbers(wanted: Filter, *, before: int | None = None, size: int = 50, tenant: int = ACME) -> list[int]:
    with tenant_scope(tenant):
        return [event.seq for event in find(wanted, before=before, size=size).events]


@pytest.fixture
def mixed() -> datetime:
    """Alice reads (1, 2), Vera rates from elsewhere (3), a command verifies (4), Alice is refused (5); the time before the third."""
    read_again(1, 2)
    between = datetime.now(UTC)
    with acting(actor=VERA, address="2001:db8::9"), tenant_scope(ACME):
        record(Action.CONVERSATION_RATED)
    with acting(actor=Actor(ActorKind.COMMAND, name="verify_audit")), tenant_scope(ACME):
        record(Action.AUDIT_VERIFIED)
    with tenant_scope(ACME):
        record(Action.ACCESS_DENIED, outcome="denied")
    return between


def test_each_filter_lets_through_what_fits(mixed: datetime) -> None:
    everything = [5, 4, 3, 2, 1]
    assert numbers(Filter()) == everything
    assert numbers(Filter(actor=ALICES)) == [5, 2, 1]
    assert numbers(Filter(about=(ALICES, UUID(VERA.id)))) == [5, 3, 2, 1]
    assert numbers(Filter(kind="command")) == [4]
    assert numbers(Filter(kind="person")) == [5, 2, 1]
    assert numbers(Filter(actions=("conversation.read",))) == [2, 1]
    assert numbers(Filter(actions=("conversation.read", "audit.verified"))) == [4, 2, 1]
    assert numbers(Filter(outcome="denied")) == [5]
    assert numbers(Filter(outcome="ok")) == [4, 3, 2, 1]
    assert numbers(Filter(address="2001:db8:0::9")) == [3]
    assert numbers(Filter(address="198.51.100.7")) == [5, 4, 2, 1]
    assert numbers(Filter(since=mixed)) == [5, 4, 3]
    assert numbers(Filter(until=mixed)) == [2, 1]
    assert numbers(Filter(actor=ALICES, since=mixed, outcome="denied")) == [5]
    assert numbers(Filter(actor=ALICES, actions=("conversation.rated",))) == []
    assert numbers(Filter(address="198.51.100.7", kind="command")) == [4]
    assert numbers(Filter(), tenant=RIVAL) == []
    assert numbers(Filter(address="198.51.100.7"), tenant=RIVAL) == []


def test_pages_follow_each_other_without_a_gap() -> None:
    read_again(1, 9)
    for wanted in (Filter(), Filter(actor=ALICES), Filter(actor=ALICES, outcome="ok")):
        found, before = [], None
        for _ in range(5):
            with tenant_scope(ACME):
                page = find(wanted, before=before, size=2)
            found += [event.seq for event in page.events]
            before = page.before
        assert (found, before) == ([9, 8, 7, 6, 5, 4, 3, 2, 1], None)
        with tenant_scope(ACME):
            forth = [event.seq for event in oldest_first(wanted, after=3, size=4)]
        assert forth == [4, 5, 6, 7]


def test_no_page_counts_or_skips_rows() -> None:
    read_again(1, 3)
    with tenant_scope(ACME), CaptureQueriesContext(connection) as asked:
        find(Filter(since=datetime.now(UTC) - timedelta(days=1), actor=ALICES), before=3)
    text = " ".join(query["sql"] for query in asked).upper()
    assert "COUNT(" not in text
    assert "OFFSET" not in text.replace("OFFSET 0", "")


def test_a_search_whose_time_is_over_says_how_far_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    read_again(1, 4)
    monkeypatch.setattr("security.audit.search.FIRST_STRETCH", 2)
    clock = count()
    with tenant_scope(ACME):
        found = find(Filter(actor=ALICES, actions=("conversation.rated",)), clock=lambda: float(next(clock)))
    assert (found.events, found.before, found.is_cut) == ([], 3, True)
    assert FIRST_STRETCH > 1_000


def test_the_number_of_a_moment_is_the_first_event_since() -> None:
    read_again(1, 6)
    with tenant_scope(ACME):
        times = list(AuditEvent.objects.order_by("seq").values_list("at", flat=True))
        assert [seq_at(at, 6) for at in times] == [1, 2, 3, 4, 5, 6]
        assert seq_at(times[-1] + timedelta(seconds=1), 6) == 7
        assert seq_at(times[0] - timedelta(days=1), 6) == 1


@pytest.fixture
def vera_acted() -> None:
    with acting(actor=VERA, address="203.0.113.77"), tenant_scope(ACME):
        record(Action.CONVERSATION_RATED)


def test_an_address_is_kept_as_a_digest_of_the_tenants_own_alone(vera_acted: None) -> None:
    with acting(actor=VERA, address="203.0.113.77"), tenant_scope(RIVAL):
        record(Action.CONVERSATION_RATED)
    with tenant_scope(RIVAL):
        (rivals,) = AuditAddress.objects.all()
    with tenant_scope(ACME):
        (ours,) = AuditAddress.objects.all()
    assert bytes(ours.address) != bytes(rivals.address)
    assert bytes(ours.network) != bytes(rivals.network)


def test_who_is_erased_is_not_found_by_an_address_any_more(vera_acted: None) -> None:
    read_again(2, 2)
    assert numbers(Filter(address="203.0.113.77")) == [1]
    vera = User(public_id=UUID(VERA.id))
    with tenant_scope(ACME):
        record(Action.VISITOR_ERASED, on=vera)
    assert numbers(Filter(address="203.0.113.77")) == []
    assert numbers(Filter(address="198.51.100.7")) == [3, 2]
