"""A legal hold beats every way of deleting, also one that has begun."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection

from chat.models import Afterwards, ArchivedConversation, ChunkState, Claim, Conversation, LegalHold, RetentionRule
from chat.retention.holds import place_hold, reason_of, release_hold
from chat.retention.rules import lock_deletions
from chat.retention.run import Found, run
from security.errors import Conflict, Denied, Invalid, NotFound
from security.masking import mask
from security.models import AuditEvent
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation

from .talks import NOW, archived, closed, live
from .test_run import until

WHY = mask("Court of Vienna, 12 Cg 34")


def hold(of: Organisation, *, conversation: UUID | None = None, visitor: UUID | None = None) -> UUID:
    grant = of.grant("olga")
    with tenant_scope(of.tenant_id):
        placed = place_hold(grant=grant, reason=WHY, now=NOW, conversation=conversation, visitor=visitor)
    return placed.public_id


def visitor_of(of: Organisation, conversation: UUID) -> UUID:
    with tenant_scope(of.tenant_id):
        return Conversation.objects.select_related("visitor").get(public_id=conversation).visitor.public_id


@pytest.mark.parametrize("afterwards", list(Afterwards))
def test_what_is_held_stays_and_the_rest_goes(acme: Organisation, archive: Folder, afterwards: Afterwards) -> None:
    with tenant_scope(acme.tenant_id):
        RetentionRule.objects.create(afterwards=afterwards.value)
    one, two, three = (closed(acme, f"Number {number}") for number in range(3))
    hold(acme, conversation=one)
    hold(acme, visitor=visitor_of(acme, two))
    done = run(acme.tenant_id, NOW, store=archive)
    if afterwards.is_sent:  # to no server that there is: what would have gone is still here
        with tenant_scope(acme.tenant_id):
            assert set(Claim.objects.values_list("conversation__public_id", flat=True)) == {three}
        assert (done.sent, done.held) == (0, 2)
        assert set(live(acme)) == {one, two, three}
        return
    assert (done.archived + done.purged, done.held) == (1, 2)
    assert set(live(acme)) == {one, two}
    assert three not in live(acme)


def test_a_hold_on_everything_keeps_everything(acme: Organisation, rival: Organisation, archive: Folder) -> None:
    one, theirs = closed(acme, "One"), closed(rival, "Theirs")
    hold(acme)
    assert run(acme.tenant_id, NOW, store=archive) == Found(held=1)
    assert run(rival.tenant_id, NOW, store=archive) == Found(archived=1)
    assert set(live(acme)) == {one}
    assert theirs not in live(rival)


@pytest.mark.parametrize(
    "state", [ChunkState.PENDING, ChunkState.WRITTEN, ChunkState.UPLOADED, ChunkState.VERIFIED, ChunkState.COMMITTED]
)
def test_a_hold_that_comes_while_it_is_archived_keeps_it_where_it_is(
    acme: Organisation, archive: Folder, state: ChunkState
) -> None:
    one, two = closed(acme, "One"), closed(acme, "Two")
    until(acme, archive, state)
    hold(acme, conversation=one)
    run(acme.tenant_id, NOW, store=archive)
    assert set(live(acme)) == {one}
    assert set(archived(acme, archive)) == {two}


def test_what_is_held_in_the_archive_is_not_purged_there(acme: Organisation, archive: Folder) -> None:
    with tenant_scope(acme.tenant_id):
        RetentionRule.objects.create(archive_months=36)
    one = closed(acme, "One")
    run(acme.tenant_id, NOW, store=archive)
    placed = hold(acme, conversation=one)
    later = NOW + timedelta(days=400)
    assert run(acme.tenant_id, later, store=archive) == Found(held=1)
    assert archived(acme, archive) == {one: ["One"]}
    grant = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        release_hold(grant=grant, hold=placed, now=later)
    assert run(acme.tenant_id, later, store=archive) == Found(purged=1)


def test_a_hold_says_who_why_and_when_and_is_released_once(acme: Organisation) -> None:
    one = closed(acme, "One")
    placed, grant = hold(acme, conversation=one), acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        row = LegalHold.objects.select_related("placed_by").get(public_id=placed)
        assert (row.placed_by.name, reason_of(row), row.placed_at) == ("Olga", WHY, NOW)
        assert b"Vienna" not in bytes(row.reason)
        release_hold(grant=grant, hold=placed, now=NOW)
        with pytest.raises(Conflict):
            release_hold(grant=grant, hold=placed, now=NOW)
    assert actions(acme)[-2:] == ["hold.placed", "hold.released"]


def actions(of: Organisation) -> list[str]:
    with tenant_scope(of.tenant_id):
        return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


def test_only_who_may_and_only_what_there_is(acme: Organisation, rival: Organisation) -> None:
    one, theirs, audrey, olga = closed(acme, "One"), closed(rival, "Theirs"), acme.grant("audrey"), acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Denied):
            place_hold(grant=audrey, reason=WHY, now=NOW, conversation=one)
        for nothing in (theirs, uuid4()):
            with pytest.raises(NotFound):
                place_hold(grant=olga, reason=WHY, now=NOW, conversation=nothing)
        with pytest.raises(NotFound):
            place_hold(grant=olga, reason=WHY, now=NOW, visitor=uuid4())
        with pytest.raises(Invalid):
            place_hold(grant=olga, reason=mask("  "), now=NOW, conversation=one)
        assert not LegalHold.objects.exists()
        assert not ArchivedConversation.objects.exists()


SUBJECTS = ("everything", "visitor", "conversation")


@pytest.mark.parametrize("what", SUBJECTS)
def test_a_hold_waits_for_a_deletion_that_has_begun(acme: Organisation, what: str) -> None:
    """While the rows are chosen and not yet gone, nobody is told that they are kept."""
    one = closed(acme, "One")
    visitor, begun = visitor_of(acme, one), threading.Event()
    said: list[object] = []

    def place() -> None:
        begun.set()
        try:
            said.append(_hold_on(acme, what, one, visitor))
        except Conflict as why:
            said.append(why.code)
        finally:
            connection.close()

    other = threading.Thread(target=place)
    with tenant_scope(acme.tenant_id):
        lock_deletions()
        other.start()
        begun.wait(10)
        other.join(10)  # longer than a lock is waited for
    assert said == ["deleting"]
    with tenant_scope(acme.tenant_id):
        assert not LegalHold.objects.exists()


def _hold_on(of: Organisation, what: str, conversation: UUID, visitor: UUID) -> UUID:
    if what == "everything":
        return hold(of)
    return hold(of, visitor=visitor) if what == "visitor" else hold(of, conversation=conversation)


@pytest.mark.parametrize("afterwards", list(Afterwards))
def test_each_way_of_deleting_takes_the_lock_that_holds_take(
    acme: Organisation, archive: Folder, afterwards: Afterwards
) -> None:
    """Somebody is placing a hold: no way of deleting goes on meanwhile."""
    with tenant_scope(acme.tenant_id):
        RetentionRule.objects.create(afterwards=afterwards.value)
    one = closed(acme, "One")
    placing, placed = threading.Event(), threading.Event()

    def place() -> None:
        with tenant_scope(acme.tenant_id):
            lock_deletions()
            placing.set()
            placed.wait(30)
        connection.close()

    other = threading.Thread(target=place)
    other.start()
    placing.wait(10)
    try:
        with pytest.raises(OperationalError):  # the lock is not given within two seconds
            run(acme.tenant_id, NOW, store=archive)
    finally:
        placed.set()
        other.join(10)
    assert set(live(acme)) == {one}
