"""Blocking a visitor: who may, what it ends and keeps out, by visitor and by address, for how long, and what the trail says."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from chat import personal, summaries
from chat.access import WITH_PEOPLE
from chat.models import Block, Conversation, Status, Visitor
from chat.services import beginning, blocking, visitors
from chat.services.beginning import Opening
from chat.services.visitors import VisitorSession
from security.crypto import keyring
from security.errors import Conflict, Denied, Invalid, NotFound
from security.masking import mask
from security.models import AuditEvent
from security.permissions import Permission
from security.scoping import tenant_scope
from tenants.models import Site
from tests import cast
from tests.cast import Organisation, organisation

NOW = timezone.now()
DAY = timedelta(days=1)
HOME, NEXT_DOOR = "203.0.113.7", "203.0.113.8"


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


def writes(of: Organisation, session: VisitorSession | None = None, *, address: str | None = HOME) -> uuid.UUID:
    """A first message; the conversation that it began."""
    session = session or visitors.new_session()
    with tenant_scope(of.tenant_id):
        opening = Opening(
            site_pk=Site.objects.get().pk, session=session, client_id=uuid.uuid4(), text=mask("Hello"), address=address
        )
        return beginning.begin_conversation(opening=opening, now=NOW).conversation


def block(of: Organisation, on: uuid.UUID, *, by: str = "sam", days: int | None = None, address: bool = False) -> Block:
    grant = of.grant(by)
    with tenant_scope(of.tenant_id):
        return blocking.block_visitor(
            grant=grant, conversation=on, reason=mask("Abuse"), days=days, address=address, now=NOW
        )


def is_out(of: Organisation, on: uuid.UUID, *, address: str | None = None, later: timedelta = timedelta()) -> bool:
    with tenant_scope(of.tenant_id):
        visitor = Conversation.objects.get(public_id=on).visitor_id
        return blocking.is_blocked(visitor_pk=visitor, address=address, now=NOW + later)


def test_a_blocked_visitor_cannot_begin_and_his_conversation_ends(acme: Organisation) -> None:
    vera = visitors.new_session()
    on = writes(acme, vera)
    block(acme, on)
    with tenant_scope(acme.tenant_id):
        row = Conversation.objects.select_related(*WITH_PEOPLE).get(public_id=on)
        assert (row.status, row.outcome) == (Status.CLOSED.value, "blocked")
        assert summaries.visitor_view(row).blocked
        session = visitors.access_session(site_id=row.site_id, token=vera.token, now=NOW)
        assert session.is_blocked
    with pytest.raises(Denied):
        writes(acme, vera)
    writes(acme, address=NEXT_DOOR)


def test_a_block_ends_by_itself(acme: Organisation) -> None:
    on = writes(acme)
    block(acme, on, days=7)
    assert is_out(acme, on, later=7 * DAY - timedelta(seconds=1))
    assert not is_out(acme, on, later=7 * DAY)


def test_an_address_is_blocked_for_a_week_whatever_holds_for_its_visitor(acme: Organisation) -> None:
    on = writes(acme)
    block(acme, on, address=True)
    other = writes(acme, address=NEXT_DOOR)
    assert is_out(acme, other, address=HOME)
    assert not is_out(acme, other, address=NEXT_DOOR)
    assert not is_out(acme, other, address=HOME, later=7 * DAY), "Somebody else has it by then"
    assert is_out(acme, on, later=300 * DAY)
    with pytest.raises(Denied):
        writes(acme, address=HOME)
    block(acme, on, days=365, address=True)
    assert not is_out(acme, other, address=HOME, later=30 * DAY), "A month is the most"


def test_all_addresses_of_one_ipv6_network_are_one(acme: Organisation) -> None:
    on = writes(acme, address="2001:db8:1:2::3")
    block(acme, on, address=True)
    other = writes(acme, address="2001:db8:1:3::3")
    assert is_out(acme, other, address="2001:db8:1:2:ffff::1")
    assert not is_out(acme, other, address="2001:db8:1:3::3")


def test_how_many_an_address_block_hits_is_counted(acme: Organisation) -> None:
    on, _, _ = writes(acme), writes(acme), writes(acme, address=NEXT_DOOR)
    sam = acme.grant("sam")
    with tenant_scope(acme.tenant_id):
        assert blocking.shared_by(grant=sam, conversation=on) == 2
    block(acme, on, address=True)
    with tenant_scope(acme.tenant_id):
        rows = list(Block.objects.select_related("visitor"))
        (view,) = blocking.read_blocks(grant=sam, blocks=rows)
    assert (view.shared_by, view.reason) == (2, "Abuse")


def test_the_address_is_the_one_he_came_from_last(acme: Organisation) -> None:
    vera = visitors.new_session()
    on = writes(acme, vera)
    with tenant_scope(acme.tenant_id):
        Conversation.objects.filter(public_id=on).update(status=Status.CLOSED.value)
    writes(acme, vera, address=NEXT_DOOR)
    with tenant_scope(acme.tenant_id):
        visitor = Visitor.objects.get()
        assert personal.open_address(visitor.public_id, visitor.address) == NEXT_DOOR
        assert visitor.address_digest == personal.address_digest(NEXT_DOOR)


def test_an_address_has_another_digest_in_each_organisation(acme: Organisation) -> None:
    """Who reads two organisations' rows cannot tell that the same person came to both."""
    found = []
    for of in (acme, organisation("rival", "mallory", {})):
        with tenant_scope(of.tenant_id):
            found.append(personal.address_digest(HOME))
    assert found[0] != found[1]


def test_an_address_that_is_not_known_cannot_be_blocked(acme: Organisation) -> None:
    on = writes(acme, address=None)
    with pytest.raises(Conflict):
        block(acme, on, address=True)
    assert not is_out(acme, on)


def test_without_the_right_nobody_is_blocked_let_in_or_listed(acme: Organisation) -> None:
    on = writes(acme)
    with pytest.raises(Denied):
        block(acme, on, by="alice")
    blocked = block(acme, on)
    alice = acme.grant("alice")
    with tenant_scope(acme.tenant_id):
        for act in (
            lambda: blocking.unblock_visitor(grant=alice, block=blocked.public_id),
            lambda: blocking.unblock_by_conversation(grant=alice, conversation=on),
            lambda: blocking.shared_by(grant=alice, conversation=on),
            lambda: blocking.read_blocks(grant=alice, blocks=[]),
        ):
            with pytest.raises(Denied):
                act()
    assert is_out(acme, on)


def test_who_may_block_blocks_whom_he_sees(acme: Organisation) -> None:
    """With the right and without sight of the conversation, it is as good as missing; so is the block."""
    on = writes(acme)
    alice = acme.grant("alice")
    blind = replace(alice, permissions=alice.permissions | {Permission.CHAT_BLOCK_VISITOR}, department_ids=frozenset())
    with tenant_scope(acme.tenant_id), pytest.raises(NotFound):
        blocking.block_visitor(grant=blind, conversation=on, reason=None, days=None, address=False, now=NOW)
    blocked = block(acme, on)
    with tenant_scope(acme.tenant_id), pytest.raises(NotFound):
        blocking.unblock_visitor(grant=blind, block=blocked.public_id)
    assert is_out(acme, on)


def test_another_tenant_blocks_and_lets_in_nobody_of_ours(acme: Organisation) -> None:
    on = writes(acme)
    blocked = block(acme, on, address=True)
    rival = organisation("rival", "mallory", {})
    mallory = rival.grant("mallory")
    theirs = writes(rival, address=HOME)
    assert not is_out(rival, theirs, address=HOME), "An address is blocked in one organisation"
    with tenant_scope(rival.tenant_id):
        with pytest.raises(NotFound):
            blocking.block_visitor(grant=mallory, conversation=on, reason=None, days=None, address=False, now=NOW)
        with pytest.raises(NotFound):
            blocking.unblock_visitor(grant=mallory, block=blocked.public_id)
    assert is_out(acme, on)


def test_who_is_let_in_again_may_write(acme: Organisation) -> None:
    vera = visitors.new_session()
    on = writes(acme, vera)
    block(acme, on, address=True)
    sam = acme.grant("sam")
    with tenant_scope(acme.tenant_id):
        blocking.unblock_by_conversation(grant=sam, conversation=on)
        with pytest.raises(NotFound):
            blocking.unblock_by_conversation(grant=sam, conversation=on)
    writes(acme, vera)


def test_blocking_twice_changes_the_terms(acme: Organisation) -> None:
    on = writes(acme)
    block(acme, on, address=True)
    block(acme, on, days=1)
    with tenant_scope(acme.tenant_id):
        row = Block.objects.get()
    assert (row.ends_at, row.address_digest, row.address_ends_at) == (NOW + DAY, None, None)


@pytest.mark.parametrize("days", [0, -1, 366])
def test_nobody_is_blocked_for_no_time_or_for_longer_than_may_be_said(acme: Organisation, days: int) -> None:
    on = writes(acme)
    with pytest.raises(Invalid):
        block(acme, on, days=days)


def test_each_act_and_each_look_is_an_event_without_the_reason(acme: Organisation) -> None:
    on = writes(acme)
    block(acme, on, days=3, address=True)
    sam = acme.grant("sam")
    with tenant_scope(acme.tenant_id):
        blocking.read_blocks(grant=sam, blocks=list(Block.objects.select_related("visitor")))
        blocking.unblock_by_conversation(grant=sam, conversation=on)
    with tenant_scope(acme.tenant_id):
        found = list(AuditEvent.objects.filter(action__startswith="visitor.").order_by("seq"))
    assert [event.action for event in found] == ["visitor.blocked", "visitor.blocks_read", "visitor.unblocked"]
    assert "Abuse" not in str([event.__dict__ for event in found])


def test_the_sweep_forgets_addresses_at_once_and_blocks_after_a_month(acme: Organisation) -> None:
    on = writes(acme)
    block(acme, on, days=10, address=True)
    for later, kept, with_address in (
        (9 * DAY, 1, True),
        (10 * DAY, 1, False),
        (39 * DAY, 1, False),
        (41 * DAY, 0, False),
    ):
        with tenant_scope(acme.tenant_id):
            blocking.sweep_blocks(now=NOW + later)
            blocking.sweep_blocks(now=NOW + later)
            rows = list(Block.objects.all())
        assert (len(rows), any(row.address_digest for row in rows)) == (kept, with_address)


def test_the_reason_is_sealed(acme: Organisation) -> None:
    blocked = block(acme, writes(acme))
    assert b"Abuse" not in bytes(blocked.reason or b"")
