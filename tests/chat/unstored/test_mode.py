"""Which rule says that nothing is stored, how one comes into force, and what it does with what exists."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import redis

from chat.models import Afterwards, Conversation, LegalHold, RetentionRule
from chat.retention.changing import change_rule, take_up
from chat.retention.holds import place_hold
from chat.retention.preview import effect
from chat.retention.run import run
from chat.retention.terms import DEFAULT, Term
from chat.retention.visitors.gathering import gathered
from chat.services.beginning import Opening, begin_conversation
from chat.services.presence import reach
from chat.services.visitors import new_session
from chat.unstored import keys
from chat.unstored.store import store
from security.crypto import keyring
from security.errors import Invalid
from security.masking import mask
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tenants.models import Department, Site
from tests import cast
from tests.cast import Organisation
from tests.chat.retention.talks import NOW, closed

NOTHING = Term(24, Afterwards.NONE)


@pytest.fixture
def acme(committed_db: None) -> Organisation:
    for forget in (keyring.forget_everything, keys.forget_everything, store.cache_clear):
        forget()
    return cast.acme()


def ask(of: Organisation, term: Term, seen: Term = DEFAULT, *, department: UUID | None = None, typed: str = "") -> bool:
    """Whether it waits."""
    with tenant_scope(of.tenant_id):
        asked = change_rule(
            grant=of.grant("olga"), department=department, term=term, seen=str(seen), typed=typed, now=NOW
        )
        return asked is not None


def begin(of: Organisation, department: UUID | None = None) -> Conversation:
    with tenant_scope(of.tenant_id):
        opening = Opening(Site.objects.get().pk, new_session(), UUID(int=1), mask("Hello"), department=department)
        begun = begin_conversation(opening=opening, now=NOW)
        return Conversation.objects.get(public_id=begun.conversation)


def rule(of: Organisation, term: Term, department: Department | None = None) -> None:
    with tenant_scope(of.tenant_id):
        RetentionRule.objects.create(
            primary_months=term.primary_months, afterwards=term.afterwards.value, department=department
        )


def test_it_is_typed_and_waits_like_every_rule_that_keeps_less(acme: Organisation) -> None:
    with pytest.raises(Invalid, match="typed_name"):
        ask(acme, NOTHING)
    assert ask(acme, NOTHING, typed="Acme")
    assert not begin(acme).is_unstored
    with tenant_scope(acme.tenant_id):
        take_up(now=NOW + timedelta(days=8))
    assert begin(acme).is_unstored
    assert not ask(acme, DEFAULT, seen=NOTHING)
    assert not begin(acme).is_unstored


@pytest.mark.parametrize("before", [Term(0, Afterwards.SENT), Term(1, Afterwards.PURGE), Term(1, Afterwards.NONE)])
def test_it_keeps_less_than_any_other(before: Term) -> None:
    assert NOTHING.keeps_less_than(before) is not before.stores_nothing
    assert not Term(120, Afterwards.ARCHIVE).keeps_less_than(before)


def test_it_is_refused_where_memory_is_written_to_a_disk(acme: Organisation, valkey: redis.Redis) -> None:
    valkey.config_set("appendonly", "yes")
    try:
        with pytest.raises(Invalid, match="memory_persists"):
            ask(acme, NOTHING, typed="Acme")
    finally:
        valkey.config_set("appendonly", "no")


@pytest.mark.parametrize(("general", "own"), [(NOTHING, DEFAULT), (DEFAULT, NOTHING)])
def test_a_department_has_a_rule_of_its_own(acme: Organisation, general: Term, own: Term) -> None:
    with tenant_scope(acme.tenant_id):
        sales = Department.objects.create(name="Of its own")
    rule(acme, general)
    rule(acme, own, sales)
    assert begin(acme, sales.public_id).is_unstored is own.stores_nothing
    assert begin(acme).is_unstored is general.stores_nothing
    with tenant_scope(acme.tenant_id):
        told = reach(now=NOW)
        views = {view.id: view.unstored for view in told.departments}
        assert views[sales.public_id] is own.stores_nothing
        assert told.unstored is general.stores_nothing


def test_what_was_stored_before_is_deleted_unless_it_is_held_and_what_remains_stays(
    acme: Organisation, tmp_path: Path
) -> None:
    old, held = (closed(acme, "Hello", last=NOW - timedelta(days=3)) for _ in range(2))
    rule(acme, NOTHING)
    remains = begin(acme)
    with tenant_scope(acme.tenant_id):
        Conversation.objects.filter(pk=remains.pk).update(status="closed", closed_at=NOW)
        place_hold(grant=acme.grant("olga"), reason=mask("a case"), now=NOW, conversation=held)
        assert LegalHold.objects.count() == 1
        assert (effect(NOW).purged, effect(NOW).held) == (1, 1)
    archive = Folder(tmp_path / "archive")
    assert run(acme.tenant_id, NOW, store=archive).purged == 1
    with tenant_scope(acme.tenant_id):
        assert set(Conversation.objects.values_list("public_id", flat=True)) == {held, remains.public_id} != {old}


def test_by_any_other_rule_what_remains_is_deleted_in_its_time_and_never_archived(
    acme: Organisation, tmp_path: Path
) -> None:
    rule(acme, NOTHING)
    remains = begin(acme)
    long_ago = NOW - timedelta(days=800)
    with tenant_scope(acme.tenant_id):
        Conversation.objects.filter(pk=remains.pk).update(status="closed", closed_at=long_ago, last_message_at=long_ago)
        RetentionRule.objects.all().delete()
        assert (effect(NOW).purged, effect(NOW).archived) == (1, 0)
    found = run(acme.tenant_id, NOW, store=Folder(tmp_path / "archive"))
    assert (found.purged, found.archived, found.failed) == (1, 0, 0)


def test_a_visitors_export_says_that_nothing_was_stored(acme: Organisation, tmp_path: Path) -> None:
    rule(acme, NOTHING)
    remains = begin(acme)
    with tenant_scope(acme.tenant_id):
        document = gathered(remains.visitor, store=Folder(tmp_path / "archive"), now=NOW)
    (conversation,) = document["conversations"]
    assert conversation["nothing_is_stored"] is True
    assert [message["text"] for message in conversation["messages"]] == [None]
