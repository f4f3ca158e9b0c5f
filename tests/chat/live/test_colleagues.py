"""A colleague's conversation over the real server: an agent may look at it, which is recorded; he neither listens in nor speaks."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from chat.live.work import in_scope
from security.audit import Action
from security.models import AuditEvent
from tests.cast import Organisation

from .sockets import Door
from .test_conversation import talking

BEYOND = 2**53 - 1


async def events(acme: Organisation, action: Action) -> list[dict[str, Any]]:
    def read() -> list[dict[str, Any]]:
        return [json.loads(event.entry) for event in AuditEvent.objects.filter(action=action).order_by("seq")]

    return await in_scope(acme.tenant_id, read)


async def test_a_colleagues_conversation_is_not_listened_to(door: Door, acme_live: Organisation) -> None:
    vera, _, conversation = await talking(door, acme_live)
    bob = await door.agent(acme_live, "bob", open={conversation: [BEYOND, BEYOND]})
    await bob.ask("ping", "pong")  # his hello is done with
    before = len(bob.of("conversation"))
    await vera.say("for Alice alone")
    while len(bob.of("conversation")) == before:
        await bob.expect("conversation")  # his list learns that something was said
    await bob.ask("ping", "pong")
    assert bob.of("message") == []


async def test_looking_at_it_is_recorded_with_how_much_was_shown(door: Door, acme_live: Organisation) -> None:
    _, _, conversation = await talking(door, acme_live)
    bob = await door.agent(acme_live, "bob", open={conversation: [0, 0]})
    shown = await bob.expect("message")
    assert shown["conversation"] == conversation
    await bob.ask("ping", "pong")
    (read,) = await events(acme_live, Action.CONVERSATION_READ)
    assert read["extent"] == {"conversations": 1, "messages": len(bob.of("message"))}


async def test_only_its_agent_and_supervisors_speak_in_it(door: Door, acme_live: Organisation) -> None:
    vera, _, conversation = await talking(door, acme_live)
    bob = await door.agent(acme_live, "bob")
    for act in ({"kind": "message", "client_id": uuid4(), "text": "me too"}, {"kind": "close"}):
        refused = await bob.ask(act.pop("kind"), "error", conversation=conversation, **act)
        assert refused["code"] == "forbidden"
    denied = [event["detail"].get("act") for event in await events(acme_live, Action.ACCESS_DENIED)]
    assert denied[-2:] == ["write", "close_conversation"]

    sam = await door.agent(acme_live, "sam")
    await sam.ask("message", "ack", conversation=conversation, client_id=uuid4(), text="Sam here")
    await vera.expect("message", text="Sam here")


async def test_a_note_is_anybodys_who_sees_it(door: Door, acme_live: Organisation) -> None:
    _, alice, conversation = await talking(door, acme_live)
    bob = await door.agent(acme_live, "bob")
    await bob.ask("note", "ack", conversation=conversation, client_id=uuid4(), text="I know her")
    await alice.expect("message", text="I know her")


async def test_what_waits_is_taken_before_it_is_answered(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    begun = await vera.say("anybody there?")
    bob = await door.agent(acme_live, "bob")
    said = {"conversation": begun["conversation"], "client_id": uuid4(), "text": "here"}
    assert (await bob.ask("message", "error", **said))["code"] == "conflict"


async def test_texts_in_lists_are_counted(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    await vera.say("anybody there?")
    bob = await door.agent(acme_live, "bob")
    await bob.ask("list", "list", view="all")
    queue, listed = await events(acme_live, Action.CONVERSATION_SEARCHED)
    assert queue["extent"] == listed["extent"] == {"conversations": 1, "messages": 1}


async def test_an_edit_that_is_refused_is_recorded_as_failed(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    hers = await vera.say("mine to change")
    refused = await alice.ask("edit", "error", conversation=conversation, id=hers["id"], text="changed")
    assert refused["code"] in {"forbidden", "not_found"}
    assert [event["outcome"] for event in await events(acme_live, Action.MESSAGE_EDITED)] == ["ok", "failed"]


async def test_an_identity_that_is_refused_is_recorded(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    refused = await vera.ask("identify", "error", token="eyJhbGciOiJub25lIn0.eyJzdWIiOiJvbGdhIn0.AAAA")
    assert refused["code"] == "forbidden"
    acts = [event["detail"].get("act") for event in await events(acme_live, Action.ACCESS_DENIED)]
    assert acts == ["identify"]
