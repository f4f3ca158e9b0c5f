"""What a visitor tells of himself in a conversation of which nothing is stored."""

from __future__ import annotations

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import Conversation, Visitor
from chat.personal import Page, Profile, open_profile
from chat.services.visitors import change_profile
from chat.unstored import memory, talk
from security.masking import mask
from security.scoping import tenant_scope
from tests.chat.conversations import House, Talk


def told(of: Talk) -> talk.Told:
    with tenant_scope(of.tenant_id):
        row = Conversation.objects.get(pk=of.pk)
        return talk.told_in([row])[row.pk]


def tell(of: Talk, *, begins: bool = False) -> None:
    with tenant_scope(of.tenant_id):
        talk.tell(of.public_id, page=Page("https://acme.example/"), begins=begins)


def change(of: Talk, name: str) -> tuple[Profile, list[str]]:
    """What it is then, and the statements that it took."""
    with tenant_scope(of.tenant_id), CaptureQueriesContext(connection) as asked:
        profile = change_profile(visitor_id=of.row().visitor_id, profile=Profile(name=name), masker=mask)
    return profile, [query["sql"] for query in asked]


@pytest.fixture
def unstored(talk: Talk) -> Talk:
    tell(talk, begins=True)
    return talk


def test_who_saw_it_open_and_is_overtaken_by_its_end_keeps_nothing(unstored: Talk, valkey: redis.Redis) -> None:
    tell(unstored)
    memory.forget(unstored.tenant_id, [unstored.public_id])
    tell(unstored)
    assert valkey.keys(f"*{unstored.public_id}") == []


def test_nobody_waits_for_the_visitors_row_while_valkey_is_spoken_to(unstored: Talk) -> None:
    profile, statements = change(unstored, "Vera")
    assert profile == told(unstored).profile == Profile(name="Vera")
    assert not any("FOR UPDATE" in statement for statement in statements)


def test_a_conversation_that_began_while_the_row_was_waited_for_is_seen(acme: House) -> None:
    stored = acme.talk()
    _, statements = change(stored, "Vera")
    locked = next(number for number, statement in enumerate(statements) if "FOR UPDATE" in statement)
    assert "chat_conversation" in statements[locked + 1], "A statement of its own sees what was committed meanwhile"
    with tenant_scope(stored.tenant_id):
        row = Visitor.objects.get()
        assert open_profile(row.public_id, row.profile).name == "Vera"
