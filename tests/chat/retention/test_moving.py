"""A chunk on its way: asked again before each step whether it still goes, spoken about in no transaction, and by one worker at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import ArchiveChunk, ChunkState, Conversation, RetentionRule
from chat.retention.content import read_contents
from chat.retention.run import Found, run
from chat.retention.servers.sending import has_work
from chat.retention.visitors.erasing import erased
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation

from .talks import NOW, archived, closed, live

ON_ITS_WAY = [ChunkState.PENDING, ChunkState.WRITTEN, ChunkState.UPLOADED, ChunkState.VERIFIED, ChunkState.COMMITTED]


def states(of: Organisation) -> list[str]:
    with tenant_scope(of.tenant_id):
        return list(ArchiveChunk.objects.order_by("pk").values_list("state", flat=True))


def until(of: Organisation, archive: Folder, state: ChunkState) -> None:
    """Work until the one chunk has come so far."""
    run(of.tenant_id, NOW, store=archive, goes_on=lambda: states(of) != [state.value])
    assert states(of) == [state.value]


@pytest.mark.parametrize("state", ON_ITS_WAY)
def test_a_rule_that_keeps_longer_by_now_keeps_what_is_on_its_way(
    acme: Organisation, archive: Folder, state: ChunkState
) -> None:
    old = closed(acme, "Where is my kettle?")
    until(acme, archive, state)
    with tenant_scope(acme.tenant_id):
        RetentionRule.objects.create(primary_months=120)
    assert run(acme.tenant_id, NOW, store=archive) == Found()
    assert live(acme) == {old: ["Where is my kettle?"]}
    assert archived(acme, archive) == {}
    assert [path for path in archive.base.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("state", ON_ITS_WAY)
def test_who_is_erased_while_his_conversation_is_on_its_way_is_in_no_object(
    acme: Organisation, archive: Folder, state: ChunkState
) -> None:
    old, other = closed(acme, "Where is my kettle?"), closed(acme, "Somebody else")
    until(acme, archive, state)
    with tenant_scope(acme.tenant_id):
        row = erased(Conversation.objects.get(public_id=old).visitor, now=NOW)
        assert (len(row.conversations), row.messages) == (1, 1), "in both stores it is one conversation"
    assert run(acme.tenant_id, NOW, store=archive) == Found(archived=1)
    assert archived(acme, archive) == {other: ["Somebody else"]}


@dataclass
class Asked:
    """The real folder; before each call somebody looks."""

    real: Folder
    look: Callable[[], None]
    calls: list[str] = field(default_factory=list)

    def write(self, name: str, data: bytes) -> None:
        self._called("write")
        self.real.write(name, data)

    def named(self, name: str) -> None:
        self._called("named")
        self.real.named(name)

    def read(self, name: str, *, most: int, offset: int = 0) -> bytes:
        self._called("read")
        return self.real.read(name, most=most, offset=offset)

    def delete(self, name: str) -> None:
        self._called("delete")
        self.real.delete(name)

    def _called(self, what: str) -> None:
        self.calls.append(what)
        self.look()


def test_no_transaction_waits_for_a_store_and_nobody_else_takes_the_chunk_meanwhile(
    acme: Organisation, archive: Folder
) -> None:
    old = closed(acme, "Where is my kettle?")
    with tenant_scope(acme.tenant_id):
        RetentionRule.objects.create(primary_months=24, archive_months=36)

    def look() -> None:
        assert not connection.in_atomic_block
        before = states(acme)
        assert run(acme.tenant_id, NOW, store=archive) == Found()
        assert states(acme) == before

    store = Asked(archive, look)
    assert run(acme.tenant_id, NOW, store=store) == Found(archived=1)
    assert store.calls == ["write", "named", "read"]
    assert set(archived(acme, archive)) == {old}
    store = Asked(archive, lambda: None)
    assert run(acme.tenant_id, NOW + timedelta(days=400), store=store) == Found(purged=1)
    assert store.calls == ["delete"]


@pytest.mark.parametrize("call", ["write", "named", "read"])
def test_who_lost_the_chunk_while_he_spoke_notes_nothing(acme: Organisation, archive: Folder, call: str) -> None:
    closed(acme, "Where is my kettle?")

    def take_over() -> None:
        if store.calls[-1] == call:
            with tenant_scope(acme.tenant_id):
                ArchiveChunk.objects.update(leased_until=timezone.now() + timedelta(minutes=9))

    store = Asked(archive, take_over)
    assert run(acme.tenant_id, NOW, store=store) == Found()
    reached = {"write": "pending", "named": "written", "read": "uploaded"}
    assert states(acme) == [reached[call]]
    assert store.calls.count(call) == 1


def test_what_goes_at_close_waits_for_no_archive(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Where is my kettle?")
    until(acme, archive, ChunkState.WRITTEN)
    assert run(acme.tenant_id, NOW, store=archive, only_at_close=True) == Found()
    assert states(acme) == ["written"]
    with tenant_scope(acme.tenant_id):
        assert not has_work(now=NOW)


def test_many_conversations_are_read_by_as_many_queries_as_one(acme: Organisation) -> None:
    ids = [closed(acme, f"Number {number}", "More") for number in range(4)]

    def queries(of: list[UUID]) -> int:
        with tenant_scope(acme.tenant_id), CaptureQueriesContext(connection) as found:
            rows = Conversation.objects.filter(public_id__in=of).select_related(
                "site", "visitor", "department", "assigned_to"
            )
            read = read_contents(list(rows))
            assert [len((one.content or {})["messages"]) for one in read] == [2] * len(of)
        return len(found)

    queries(ids)  # which brings the tenant's keys into memory
    assert queries(ids) == queries(ids[:1])
