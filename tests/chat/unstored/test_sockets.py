"""A whole conversation of which nothing is stored, over real sockets, and what is left of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.db import connection

from chat.live.work import in_scope
from chat.models import Afterwards, Block, Conversation, RetentionRule, Visitor
from chat.personal import Page, Profile, open_page, open_profile
from tests import cast
from tests.cast import Organisation
from tests.chat.live.sockets import Door, Socket, door_to
from tests.services.web import WebServer

WHO = {"name": "Vera Zq", "email": "vera@home.example", "phone": "+1 202 555 0143"}
WHERE = {"url": "https://acme.example/basket", "title": "Your basket"}


@pytest.fixture
def acme_live(server: WebServer) -> Organisation:
    return cast.acme()


@pytest.fixture
async def door(server: WebServer) -> AsyncIterator[Door]:
    async with door_to(server) as door:
        yield door


async def store_nothing(of: Organisation, **department: Any) -> None:
    def put() -> None:
        RetentionRule.objects.create(primary_months=24, afterwards=Afterwards.NONE.value, **department)

    await in_scope(of.tenant_id, put)


def left() -> dict[str, Any]:
    """Everything of a conversation, its messages and its visitor that is not a time, a number or an id."""
    conversation, visitor = Conversation.objects.get(), Visitor.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT body, masked::text FROM chat_message")
        bodies = cursor.fetchall()
    return {
        "texts": bodies,
        "offer": conversation.offer_note,
        "comment": conversation.rating_comment,
        "outcome": conversation.outcome,
        "visitor": [visitor.profile, visitor.page, visitor.address, visitor.email_digest, visitor.address_digest],
    }


async def talk(door: Door, of: Organisation) -> tuple[Socket, Socket, str]:
    """Vera asks, Alice takes it; what Vera told of herself came before and after."""
    alice = await door.agent(of, "alice")
    vera = await door.visitor(of.site_key, profile=WHO, page=WHERE)
    sent = await vera.say("my card is 4242 4242 4242 4242")
    assert sent["text"] == "my card is •••• •••• •••• 4242"
    await alice.ask("next", "assigned")
    return vera, alice, sent["conversation"]


async def test_both_sides_talk_come_back_and_leave_nothing_but_times_and_a_rating(
    door: Door, acme_live: Organisation, valkey: redis.Redis
) -> None:
    await store_nothing(acme_live)
    vera, alice, conversation = await talk(door, acme_live)
    assert vera.welcome["site"]["unstored"] is True
    assert (await vera.expect("status", status="waiting"))["unstored"] is True
    reply = await alice.say("it is on its way", conversation=conversation)
    await alice.ask("edit", "revised", conversation=conversation, id=reply["id"], text="it left today")
    await alice.send("note", conversation=conversation, client_id=uuid4(), text="a nice one", ref=1)
    await alice.expect("ack", ref=1)
    await vera.ask("history", "history", limit=10)
    await vera.send("page", url="https://acme.example/thanks", title="Thanks")
    again = await door.visitor(acme_live.site_key, token=vera.welcome["token"], conversation=conversation)
    assert [frame["text"] for frame in (await again.ask("history", "history", limit=10))["messages"]] == [
        "my card is •••• •••• •••• 4242",
        "Alice joined",
        "it left today",
    ]
    assert (await again.say("thank you"))["seq"] == 5
    heard = await alice.expect("message", seq=5)
    assert (heard["text"], heard["author"]["name"]) == ("thank you", "Vera Zq")
    sam = await door.agent(acme_live, "sam")
    watched = await sam.ask("watch", "assigned", conversation=conversation)
    assert watched["conversation"]["unstored"] is True
    assert watched["conversation"]["last_text"] == "thank you"
    seen = watched["visitor"]
    assert (seen["name"], seen["email"], seen["page"]["url"]) == (
        "Vera Zq",
        WHO["email"],
        "https://acme.example/thanks",
    )
    assert [view["text"] for view in watched["messages"]][3] == "a nice one"
    await alice.ask("close", "conversation", conversation=conversation, outcome="she was so kind")
    await again.ask("rate", "status", score=5, comment="kind")
    await again.send("page", url="https://acme.example/later", title="Later")
    await again.send("profile", name="Somebody Else")
    await again.ask("history", "history", limit=10)
    found = await in_scope(acme_live.tenant_id, left)
    assert found == {
        "texts": [(None, "[]")],
        "offer": None,
        "comment": None,
        "outcome": "",
        "visitor": [None] * 5,
    }
    assert valkey.keys(f"*unstored*{conversation}") == []


async def test_what_is_over_is_said_to_be_gone(door: Door, acme_live: Organisation, valkey: redis.Redis) -> None:
    await store_nothing(acme_live)
    vera, alice, conversation = await talk(door, acme_live)
    (name,) = valkey.keys(f"*unstored*{conversation}")
    valkey.delete(name)
    answer = await alice.ask("history", "history", conversation=conversation, before_seq=10, limit=10)
    assert [(view["text"], view.get("gone")) for view in answer["messages"]] == [("", True)] * 2
    await vera.say("still here")
    assert (await alice.expect("message", seq=3))["text"] == "still here"


async def test_words_of_ones_own_are_refused_where_they_would_be_stored(door: Door, acme_live: Organisation) -> None:
    await store_nothing(acme_live)
    _, alice, conversation = await talk(door, acme_live)
    bob = await door.agent(acme_live, "bob")
    await alice.send("tag", conversation=conversation, add=["parcels"], remove=[], ref=7)
    assert (await alice.expect("error", ref=7))["code"] == "conflict"
    offered = {"conversation": conversation, "agent": bob.welcome["agent"]["id"], "note": "yours?"}
    await alice.ask("transfer", "conversation", **offered)
    assert (await bob.expect("offer"))["note"] == "yours?"
    assert (await in_scope(acme_live.tenant_id, left))["offer"] is None


async def test_the_address_of_a_visitor_can_be_blocked_while_it_is_known(door: Door, acme_live: Organisation) -> None:
    await store_nothing(acme_live)
    vera, _, conversation = await talk(door, acme_live)
    sam = await door.agent(acme_live, "sam")
    await sam.ask("block", "conversation", conversation=conversation, days=1, address=True)
    assert await vera.closed() == 4403

    def blocked() -> bool:
        return Block.objects.get().address_digest is not None

    assert await in_scope(acme_live.tenant_id, blocked)


async def test_a_conversation_keeps_the_mode_in_which_it_began(door: Door, acme_live: Organisation) -> None:
    before, _, stored = await talk(door, acme_live)
    await store_nothing(acme_live)
    await before.say("one more")
    wanda = await door.visitor(acme_live.site_key)
    unstored = (await wanda.say("hello"))["conversation"]
    await in_scope(acme_live.tenant_id, lambda: RetentionRule.objects.all().delete())
    await wanda.say("are you there?")

    def kept() -> dict[str, int]:
        rows = Conversation.objects.all()
        return {str(row.public_id): row.messages.filter(body__isnull=False).count() for row in rows}

    assert await in_scope(acme_live.tenant_id, kept) == {stored: 3, unstored: 0}


async def test_what_was_told_while_nothing_was_stored_is_stored_by_no_later_conversation(
    door: Door, acme_live: Organisation
) -> None:
    await store_nothing(acme_live)
    vera, alice, conversation = await talk(door, acme_live)
    wanda = await door.visitor(acme_live.site_key, profile={"name": "Wanda"}, page=WHERE)  # she has not written yet
    await alice.ask("close", "conversation", conversation=conversation)
    await in_scope(acme_live.tenant_id, lambda: RetentionRule.objects.all().delete())
    for each in (vera, wanda):
        await each.say("is anybody there?")

    def known() -> list[tuple[Profile, Page]]:
        rows = Visitor.objects.order_by("pk")
        return [(open_profile(row.public_id, row.profile), open_page(row.public_id, row.page)) for row in rows]

    assert await in_scope(acme_live.tenant_id, known) == [(Profile(), Page())] * 2
    await vera.send("profile", name="Vera")
    await vera.send("page", **WHERE)
    await vera.ask("history", "history", limit=10)
    assert (await in_scope(acme_live.tenant_id, known))[0] == (Profile(name="Vera"), Page(**WHERE))
