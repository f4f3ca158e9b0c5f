"""Each act of an agent's: done with the right, refused without it, as good as missing from another tenant, one event in the trail."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from django.utils import timezone

from chat.models import Conversation, ConversationTag, Status, Tag, Visitor
from chat.services import assignment, lifecycle
from security.audit import Action
from security.crypto import keyring
from security.errors import Denied, NotFound
from security.masking import mask
from security.models import AuditEvent, KeySubject
from security.permissions import Grant, Permission
from security.scoping import tenant_scope
from tenants.models import Department, Membership, Site
from tests.cast import Organisation, organisation

NOW = timezone.now()
Act = Callable[[Grant, uuid.UUID, datetime], object]


def _colleague() -> uuid.UUID:
    return Membership.objects.get(user__email__startswith="bob@").public_id


def _department() -> uuid.UUID:
    return Department.objects.get().public_id


ACTS: dict[str, tuple[Status, Permission, Action, Act]] = {
    "claim": (
        Status.WAITING, Permission.CHAT_TAKE, Action.CONVERSATION_TAKEN,
        lambda grant, on, now: assignment.claim(grant=grant, conversation=on, now=now),
    ),
    "transfer": (
        Status.OPEN, Permission.CHAT_TRANSFER, Action.CONVERSATION_TRANSFERRED,
        lambda grant, on, now: assignment.transfer_to_department(
            grant=grant, conversation=on, department=_department(), note=mask("Why"), now=now
        ),
    ),
    "offer": (
        Status.OPEN, Permission.CHAT_TRANSFER, Action.CONVERSATION_OFFERED,
        lambda grant, on, now: assignment.offer_to_agent(
            grant=grant, conversation=on, agent=_colleague(), note=None, now=now
        ),
    ),
    "close": (
        Status.OPEN, Permission.CHAT_CLOSE, Action.CONVERSATION_CLOSED,
        lambda grant, on, now: lifecycle.close_conversation(grant=grant, conversation=on, outcome="", now=now),
    ),
    "reopen": (
        Status.CLOSED, Permission.CHAT_REOPEN, Action.CONVERSATION_REOPENED,
        lambda grant, on, now: lifecycle.reopen_conversation(grant=grant, conversation=on, now=now),
    ),
    "tag": (
        Status.OPEN, Permission.CHAT_TAG, Action.CONVERSATION_TAGGED,
        lambda grant, on, _: lifecycle.tag_conversation(grant=grant, conversation=on, add=[mask("vip")], remove=[]),
    ),
}  # fmt: skip


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return organisation("acme", "olga", {"alice": "agent", "bob": "agent"})


def conversation(of: Organisation, status: Status) -> uuid.UUID:
    """Alice's, or nobody's while it waits."""
    with tenant_scope(of.tenant_id):
        site = Site.objects.get()
        row = Conversation.objects.create(
            site=site,
            visitor=Visitor.objects.create(site=site),
            status=status.value,
            department=Department.objects.get(),
            assigned_to=None if status is Status.WAITING else of.member("alice"),
            waiting_since=NOW,
            closed_at=NOW if status is Status.CLOSED else None,
        )
        keyring.data_key(KeySubject.CONVERSATION, row.public_id)
        return row.public_id


def events(of: Organisation, action: Action) -> int:
    with tenant_scope(of.tenant_id):
        return AuditEvent.objects.filter(action=action.value).count()


@pytest.mark.parametrize("name", ACTS)
def test_it_is_done_and_leaves_one_event(acme: Organisation, name: str) -> None:
    status, _, action, act = ACTS[name]
    on, grant = conversation(acme, status), acme.grant("alice")
    with tenant_scope(acme.tenant_id):
        act(grant, on, NOW)
    assert events(acme, action) == 1


@pytest.mark.parametrize("name", ACTS)
def test_without_the_right_it_is_refused_and_leaves_nothing(acme: Organisation, name: str) -> None:
    status, permission, action, act = ACTS[name]
    on, grant = conversation(acme, status), acme.grant("alice")
    without = replace(grant, permissions=grant.permissions - {permission})
    with tenant_scope(acme.tenant_id):
        before = Conversation.objects.filter(public_id=on).values().get()
        with pytest.raises(Denied):
            act(without, on, NOW)
        assert Conversation.objects.filter(public_id=on).values().get() == before
    assert events(acme, action) == 0


@pytest.mark.parametrize("name", ACTS)
def test_anothers_conversation_is_missing(acme: Organisation, name: str) -> None:
    """By the database, for another tenant; by the query, for another department of the same one."""
    status, _, _, act = ACTS[name]
    rival = organisation("rival", "mallory", {"bob": "agent", "max": "agent"})
    on, strange = conversation(acme, status), uuid.uuid4()
    mallory = rival.grant("mallory")
    with tenant_scope(rival.tenant_id):
        for wanted in (on, strange):
            with pytest.raises(NotFound):
                act(mallory, wanted, NOW)
    outsider = replace(acme.grant("bob"), department_ids=frozenset())
    with tenant_scope(acme.tenant_id), pytest.raises(NotFound):
        act(outsider, on, NOW)


def test_an_offer_is_not_taken_without_the_right_to_take(acme: Organisation) -> None:
    on, alice, bob = conversation(acme, Status.OPEN), acme.grant("alice"), acme.grant("bob")
    with tenant_scope(acme.tenant_id):
        assignment.offer_to_agent(grant=alice, conversation=on, agent=bob.membership_public_id, note=None, now=NOW)
        without = replace(bob, permissions=bob.permissions - {Permission.CHAT_TAKE})
        with pytest.raises(Denied):
            assignment.accept_offer(grant=without, conversation=on, now=NOW)
        assignment.accept_offer(grant=bob, conversation=on, now=NOW)
        assert Conversation.objects.get(public_id=on).assigned_to_id == bob.membership_id


NOTED: dict[str, Act] = {
    "transfer": lambda grant, on, now: assignment.transfer_to_department(
        grant=grant, conversation=on, department=_department(), note=mask("Please be kind"), now=now
    ),
    "offer": lambda grant, on, now: assignment.offer_to_agent(
        grant=grant, conversation=on, agent=_colleague(), note=mask("Please be kind"), now=now
    ),
}


@pytest.mark.parametrize("name", NOTED)
def test_a_note_beside_it_needs_the_right_to_write_notes(acme: Organisation, name: str) -> None:
    on, alice = conversation(acme, Status.OPEN), acme.grant("alice")
    without = replace(alice, permissions=alice.permissions - {Permission.CHAT_NOTE})
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Denied):
            NOTED[name](without, on, NOW)
        NOTED[name](alice, on, NOW)


def test_tags_that_come_to_spell_a_card_lose_its_digits_the_earlier_ones_too(acme: Organisation) -> None:
    on, grant = conversation(acme, Status.OPEN), acme.grant("alice")
    with tenant_scope(acme.tenant_id):
        for name in ("vip", "4242 a", "4242 b", "4242 c", "4242 d"):
            lifecycle.tag_conversation(grant=grant, conversation=on, add=[mask(name)], remove=[])
        names = ConversationTag.objects.filter(conversation__public_id=on).values_list("tag__name", flat=True)
        assert sorted(names) == ["vip", *(f"•••• {end}" for end in "abcd")]
        assert not Tag.objects.filter(name="4242 d").exists()
