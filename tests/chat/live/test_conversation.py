"""A visitor and an agent talk: the whole path over the real server, frame by frame as the protocol has it."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from chat.live.work import in_scope
from chat.models import Message
from tests.cast import Organisation

from .sockets import Door, Frame, Socket

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


async def stored(acme: Organisation, **wanted: object) -> int:
    """How many such messages are in the database."""

    def count() -> int:
        return Message.objects.filter(**wanted).count()

    return await in_scope(acme.tenant_id, count)


async def talking(door: Door, acme: Organisation, text: str = "Hello") -> tuple[Socket, Socket, str]:
    """Vera has written and Alice has taken it: both sockets and the conversation's id."""
    alice = await door.agent(acme, "alice")
    vera = await door.visitor(acme.site_key, profile={"name": "Vera"})
    ack = await vera.say(text)
    await alice.ask("next", "assigned")
    await vera.expect("status", status="open")
    return vera, alice, ack["conversation"]


async def test_a_visitor_is_welcomed_and_nothing_is_stored(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    welcome = vera.welcome
    assert set(welcome) == {"type", "token", "conversation", "last_seq", "last_rev", "more", "site"}
    assert len(welcome["token"]) == 43
    assert (welcome["conversation"], welcome["last_seq"], welcome["last_rev"], welcome["more"]) == (None, 0, 0, False)
    site = {"name", "greeting", "online", "back_at", "departments", "consent", "fields", "masking"}
    assert set(welcome["site"]) == site
    assert [set(entry) for entry in welcome["site"]["departments"]] == [{"id", "name", "online"}]
    assert welcome["site"]["online"] is False
    assert (await vera.ask("ping", "pong"))["last_seq"] == 0
    assert await stored(acme_live) == 0


async def test_an_agent_is_welcomed_with_queue_and_colleagues(door: Door, acme_live: Organisation) -> None:
    alice = await door.agent(acme_live, "alice")
    assert set(alice.welcome) == {
        "type",
        "agent",
        "tenant",
        "permissions",
        "department_permissions",
        "capacity",
        "departments",
    }
    assert alice.welcome["agent"]["name"] == "Alice"
    assert alice.welcome["tenant"] == {"slug": "acme", "name": "Acme"}
    assert "chat.reply" in alice.welcome["permissions"]
    (queue,) = alice.of("queue")
    assert (queue["total"], queue["conversations"]) == (0, [])
    names = {entry["name"]: entry for entry in alice.of("agents")[-1]["agents"]}
    assert names["Alice"] == {**names["Alice"], "status": "online", "open": 0, "capacity": 5}


async def test_a_first_message_begins_a_conversation_that_the_queue_shows(door: Door, acme_live: Organisation) -> None:
    alice = await door.agent(acme_live, "alice")
    vera = await door.visitor(acme_live.site_key, profile={"name": "Vera"})
    client_id = uuid4()
    ack = await vera.say("My card is 4242 4242 4242 4242", client_id=client_id, ref=7)
    assert set(ack) == {
        "type", "client_id", "conversation", "id", "seq", "rev", "sent_at", "text", "masked", "ref",
    }  # fmt: skip
    assert (ack["client_id"], ack["seq"], ack["rev"], ack["ref"]) == (str(client_id), 1, 1, 7)
    assert ack["text"] == "My card is •••• •••• •••• 4242"
    assert ack["masked"] == [{"kind": "card", "count": 1}]
    assert await stored(acme_live, client_id=client_id, seq=1) == 1
    state = (await alice.expect("conversation"))["conversation"]
    assert (state["id"], state["status"]) == (ack["conversation"], "waiting")
    assert state["visitor"]["name"] == "Vera"
    assert state["last_text"] == ack["text"]
    later = await door.agent(acme_live, "bob")
    assert [entry["id"] for entry in later.of("queue")[0]["conversations"]] == [ack["conversation"]]


async def test_an_acknowledged_message_is_durable(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    mine, hers = uuid4(), uuid4()
    await vera.say("From the visitor", client_id=mine)
    assert await stored(acme_live, client_id=mine) == 1
    await alice.say("From the agent", client_id=hers, conversation=conversation)
    assert await stored(acme_live, client_id=hers) == 1


async def test_what_is_sent_twice_is_stored_once_and_says_what_it_said_first(
    door: Door, acme_live: Organisation
) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    client_id = uuid4()
    first = await vera.say("The first text", client_id=client_id)
    again = await vera.say("Quite another text", client_id=client_id)
    assert again == first
    begun = await door.visitor(acme_live.site_key)
    opening = await begun.say("Beginning", client_id=client_id)
    assert opening["conversation"] != conversation, "A client id is its sender's own"
    assert await begun.say("Beginning otherwise", client_id=client_id) == opening
    reply = await alice.say("Reply", client_id=client_id, conversation=conversation)
    assert (await alice.say("Reply two", client_id=client_id, conversation=conversation)) == reply
    assert await stored(acme_live, client_id=client_id) == 3


async def test_an_old_message_sent_again_after_the_end_begins_nothing(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    client_id = uuid4()
    first = await vera.say("Once", client_id=client_id)
    await vera.ask("end", "status")
    again = await vera.say("Once", client_id=client_id)
    assert (again["id"], again["seq"]) == (first["id"], first["seq"])
    assert await stored(acme_live, client_id=client_id) == 1
    fresh = await vera.say("A new matter")
    assert (fresh["seq"], fresh["conversation"] != first["conversation"]) == (1, True)
    late = await vera.say("Once", client_id=client_id)
    assert (late["id"], late["conversation"]) == (first["id"], first["conversation"])


async def test_both_sides_hear_each_other(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    sent = await vera.say("A question")
    heard = await alice.expect("message", id=sent["id"])
    assert (heard["text"], heard["author"]["kind"], heard["author"]["name"]) == ("A question", "visitor", "Vera")
    assert heard["client_id"] is None
    assert heard["prev_seq"] == heard["seq"] - 1
    reply = await alice.say("An answer", conversation=conversation)
    answer = await vera.expect("message", id=reply["id"])
    assert (answer["text"], answer["author"]["kind"], answer["client_id"]) == ("An answer", "agent", None)
    assert answer["prev_seq"] == sent["seq"]


async def test_what_taking_shows(door: Door, acme_live: Organisation) -> None:
    alice = await door.agent(acme_live, "alice")
    vera = await door.visitor(
        acme_live.site_key,
        profile={"name": "Vera", "email": "vera@home.example"},
        page={"url": "https://acme.example/shoes", "title": "Shoes"},
    )
    sent = await vera.say("Hello")
    taken = await alice.ask("claim", "assigned", conversation=sent["conversation"])
    assert taken["conversation"]["assigned_to"]["name"] == "Alice"
    assert taken["visitor"]["email"] == "vera@home.example"
    assert taken["visitor"]["page"]["url"] == "https://acme.example/shoes"
    assert [(entry["seq"], entry["author"]["kind"]) for entry in taken["messages"]] == [(1, "visitor"), (2, "system")]
    assert taken["messages"][1]["code"] == "assigned"
    assert taken["more"] is False
    joined = await vera.expect("message", seq=2)
    assert (joined["code"], joined["author"]) == ("assigned", {"kind": "system", "id": None, "name": ""})
    bob = await door.agent(acme_live, "bob")
    refused = await bob.ask("claim", "error", conversation=sent["conversation"])
    assert refused["code"] == "already_assigned"
    assert (await bob.ask("next", "error"))["code"] == "queue_empty"


@pytest.mark.parametrize("is_known", [False, True], ids=["before the first message", "after it"])
async def test_a_card_over_the_fields_of_a_profile_is_shown_to_nobody(
    door: Door, acme_live: Organisation, is_known: bool
) -> None:
    alice = await door.agent(acme_live, "alice")
    vera = await door.visitor(acme_live.site_key, profile={"name": "Vera 4242", "fields": {"a": "4242"}})
    if is_known:
        await vera.say("Hello")
    await vera.send("profile", fields={"b": "4242", "c": "4242"})
    sent = await vera.say("It is me")
    shown = (await alice.ask("claim", "assigned", conversation=sent["conversation"]))["visitor"]
    assert shown["name"] == "Vera ••••"
    assert "4242" not in str(shown)


@pytest.mark.parametrize("is_known", [False, True], ids=["with the hello", "after the first message"])
async def test_a_card_over_a_pages_title_and_address_is_shown_to_nobody(
    door: Door, acme_live: Organisation, is_known: bool
) -> None:
    alice = await door.agent(acme_live, "alice")
    page = {"url": "https://acme.example/4242/4242", "title": "4242 4242"}
    vera = await door.visitor(acme_live.site_key, **({} if is_known else {"page": page}))
    sent = await vera.say("Hello")
    if is_known:
        await vera.send("page", **page)
        await vera.say("It is me")
    shown = (await alice.ask("claim", "assigned", conversation=sent["conversation"]))["visitor"]["page"]
    assert (shown["url"], shown["title"]) == ("https://acme.example", "•••• ••••")


async def test_a_note_never_reaches_the_visitor(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    client_id = str(uuid4())
    await alice.send("note", conversation=conversation, client_id=client_id, text="Watch out")
    note = await alice.expect("ack", client_id=client_id)
    bob = await door.agent(acme_live, "bob", open={conversation: [0, 0]})  # looks at it; only Alice hears it live
    assert (await bob.expect("message", id=note["id"]))["author"]["kind"] == "note"
    reply = await alice.say("Sure", conversation=conversation)
    answer = await vera.expect("message", id=reply["id"])
    assert answer["prev_seq"] == note["seq"] - 1, "The chain leaves the note out"
    history = await vera.ask("history", "history")
    again = await door.visitor(acme_live.site_key, token=vera.welcome["token"])
    await again.expect("message", id=reply["id"])
    assert again.welcome["last_seq"] == reply["seq"]
    everything = str([vera.heard, history, again.heard])
    assert note["id"] not in everything
    assert "Watch out" not in everything


async def test_a_visitors_messages_are_a_chain(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    for number in range(3):
        await alice.send("note", conversation=conversation, client_id=uuid4(), text="Between us")
        await alice.say(f"Answer {number}", conversation=conversation)
        await vera.say(f"Question {number}")
    again = await door.visitor(acme_live.site_key, token=vera.welcome["token"])
    await again.expect("message", seq=again.welcome["last_seq"])
    chain = [(frame["prev_seq"], frame["seq"]) for frame in again.of("message")]
    assert chain[0][0] == 0
    assert all(before[1] == after[0] for before, after in pairwise(chain))
    pong = await again.ask("ping", "pong")
    assert pong["last_seq"] == chain[-1][1]
    mine = await alice.ask("ping", "pong")
    assert mine["last_seq"][conversation] == chain[-1][1]


async def test_an_edit_revises_for_everybody(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    sent = await alice.say("Helo", conversation=conversation)
    revised = await alice.ask("edit", "revised", conversation=conversation, id=sent["id"], text="Hello")
    assert (revised["seq"], revised["rev"], revised["reason"]) == (sent["seq"], sent["rev"] + 1, "edited")
    seen = await vera.expect("revised", id=sent["id"])
    assert seen == {name: value for name, value in revised.items() if name != "ref"}
    bob = await door.agent(acme_live, "bob")
    theirs = await bob.ask("edit", "error", conversation=conversation, id=sent["id"], text="Mine")
    assert theirs["code"] in {"not_found", "forbidden"}


async def test_typing_and_reading_are_told_to_the_other_side(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    await vera.send("typing", active=True, preview="what I have not sent")
    told = await alice.expect("typing")
    assert (told["active"], told["author"]["kind"]) == (True, "visitor")
    assert "preview" not in told, "Only where the tenant switched it on"
    await alice.send("typing", conversation=conversation, active=True)
    assert (await vera.expect("typing"))["author"]["kind"] == "agent"
    sent = await alice.say("Read me", conversation=conversation)
    await vera.send("read", seq=sent["seq"])
    assert (await alice.expect("read"))["seq"] == sent["seq"]
    question = await vera.say("And me")
    await alice.send("read", conversation=conversation, seq=question["seq"])
    assert (await vera.expect("read", seq=question["seq"]))["author"]["kind"] == "agent"


async def test_reading_what_is_not_there_is_a_conflict(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    await vera.send("read", seq=99, ref=1)
    assert (await vera.expect("error", ref=1))["code"] == "conflict"
    await alice.send("read", conversation=conversation, seq=99, ref=2)
    assert (await alice.expect("error", ref=2))["code"] == "conflict"


async def test_two_tabs_share_one_conversation(door: Door, acme_live: Organisation) -> None:
    one = await door.visitor(acme_live.site_key)
    first = await one.say("From the first tab")
    two = await door.visitor(acme_live.site_key, token=one.welcome["token"])
    assert two.welcome["conversation"] == first["conversation"]
    assert (await two.expect("message", seq=1))["client_id"] == first["client_id"], "His own, on another socket"
    second = await two.say("From the second")
    echoed = await one.expect("message", id=second["id"])
    assert (echoed["client_id"], echoed["prev_seq"]) == (second["client_id"], 1)
    assert one.of("ack") == [first], "Only the sending socket gets the acknowledgement"


async def test_a_tab_that_was_open_before_follows_what_another_begins(door: Door, acme_live: Organisation) -> None:
    first = await door.visitor(acme_live.site_key)
    begun = await first.say("One")
    await first.ask("end", "status")
    two = await door.visitor(acme_live.site_key, token=first.welcome["token"])
    fresh = await first.say("Two")
    assert fresh["conversation"] != begun["conversation"]
    assert (await two.expect("message", id=fresh["id"]))["text"] == "Two"
    assert (await two.say("Three"))["conversation"] == fresh["conversation"]


async def missed_frames(socket: Socket, last: Frame) -> list[tuple[str, int]]:
    await socket.expect(last["type"], id=last["id"])
    return [(frame["type"], frame["seq"]) for frame in socket.heard if frame["type"] in {"message", "revised"}]


async def test_who_comes_back_is_told_what_he_missed(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    known = await alice.say("Known", conversation=conversation)
    await vera.expect("message", id=known["id"])
    await vera.connection.close()
    missed = await alice.say("Missed", conversation=conversation)
    changed = await alice.ask("edit", "revised", conversation=conversation, id=known["id"], text="Changed")
    back = await door.visitor(
        acme_live.site_key,
        token=vera.welcome["token"],
        conversation=conversation,
        last_seq=known["seq"],
        last_rev=known["rev"],
    )
    assert (back.welcome["conversation"], back.welcome["more"]) == (conversation, False)
    frames = await missed_frames(back, changed)
    assert frames == [("message", missed["seq"]), ("revised", known["seq"])]
    await alice.connection.close()
    again = await door.agent(acme_live, "alice", open={conversation: [known["seq"], known["rev"]]})
    assert await missed_frames(again, changed) == frames


async def test_foreign_numbers_of_a_conversation_count_as_none(door: Door, acme_live: Organisation) -> None:
    vera, _, conversation = await talking(door, acme_live)
    back = await door.visitor(
        acme_live.site_key, token=vera.welcome["token"], conversation=str(UUID(int=1)), last_seq=50, last_rev=50
    )
    assert back.welcome["conversation"] == conversation
    assert [frame["seq"] for frame in [await back.expect("message"), await back.expect("message")]] == [1, 2]
