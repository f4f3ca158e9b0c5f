"""A conversation's life over the real server: passed on, closed, reopened, rated, tagged, watched, read page by page."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat.live.protocol.shapes import Author, AuthorKind
from chat.live.work import in_scope, unscoped
from chat.models import Conversation
from chat.services import assignment
from chat.services.messages import append
from security.audit import Action
from security.masking import mask
from security.models import AuditEvent
from tenants.models import Department, DepartmentRole, Membership, Role
from tests.cast import Organisation

from .sockets import Door
from .test_conversation import talking


async def actions(acme: Organisation) -> list[str]:
    def read() -> list[str]:
        return [event.action for event in AuditEvent.objects.order_by("seq")]

    return await in_scope(acme.tenant_id, read)


async def row(acme: Organisation, conversation: str) -> Conversation:
    def read() -> Conversation:
        return Conversation.objects.get(public_id=UUID(conversation))

    return await in_scope(acme.tenant_id, read)


async def test_to_another_department_it_waits_again(door: Door, acme_live: Organisation) -> None:
    sales = await unscoped(acme_live.add_department, "Sales", "bob")
    vera, alice, conversation = await talking(door, acme_live)
    bob = await door.agent(acme_live, "bob")
    told = await alice.ask(
        "transfer", "conversation", conversation=conversation, department=sales, note="She wants to buy"
    )
    assert told["conversation"] == {**told["conversation"], "status": "waiting", "assigned_to": None}
    await vera.expect("status", status="waiting")
    assert (await vera.expect("message", code="transferred"))["text"] == "Transferred to Sales"
    state = await bob.expect_state("waiting")
    assert (state["status"], state["department"]) == ("waiting", str(sales))
    taken = await bob.ask("next", "assigned")
    assert "She wants to buy" in [entry["text"] for entry in taken["messages"] if entry["author"]["kind"] == "note"]
    assert "She wants to buy" not in str(vera.heard)
    refused = await alice.ask("message", "error", conversation=conversation, client_id=uuid4(), text="Still there?")
    assert refused["code"] == "not_found", "Alice is not in Sales: what she has passed on, she sees no more"


async def test_an_offer_is_accepted(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    bob = await door.agent(acme_live, "bob")
    target = bob.welcome["agent"]["id"]
    told = await alice.ask("transfer", "conversation", conversation=conversation, agent=target, note="Yours?")
    assert told["conversation"]["assigned_to"]["name"] == "Alice", "Until he accepts it stays where it is"
    offer = await bob.expect("offer")
    assert (offer["conversation"]["id"], offer["from"]["name"], offer["note"]) == (conversation, "Alice", "Yours?")
    taken = await bob.ask("accept", "assigned", conversation=conversation)
    assert taken["conversation"]["assigned_to"]["name"] == "Bob"
    await vera.expect("message", text="Bob joined")
    again = await bob.ask("accept", "error", conversation=conversation)
    assert again["code"] == "conflict"


async def test_an_offer_is_declined(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    bob = await door.agent(acme_live, "bob")
    await alice.ask("transfer", "conversation", conversation=conversation, agent=bob.welcome["agent"]["id"])
    await bob.expect("offer")
    await bob.send("decline", conversation=conversation)
    await vera.expect("message", code="returned")
    assert (await row(acme_live, conversation)).offered_to_id is None
    assert "conversation.declined" in await actions(acme_live)


async def test_an_offer_runs_out(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    bob = await door.agent(acme_live, "bob")
    await alice.ask("transfer", "conversation", conversation=conversation, agent=bob.welcome["agent"]["id"])
    expires_at = (await row(acme_live, conversation)).offer_expires_at
    assert expires_at is not None
    early = await in_scope(acme_live.tenant_id, assignment.return_expired_offers, now=expires_at - timedelta(seconds=1))
    assert early == []
    late = await in_scope(acme_live.tenant_id, assignment.return_expired_offers, now=expires_at)
    assert late == [UUID(conversation)]
    assert await in_scope(acme_live.tenant_id, assignment.return_expired_offers, now=expires_at) == []
    await vera.expect("message", code="returned")
    assert (await bob.ask("accept", "error", conversation=conversation))["code"] == "conflict"


async def test_nobody_is_offered_what_he_cannot_answer(door: Door, acme_live: Organisation) -> None:
    _, alice, conversation = await talking(door, acme_live)
    rita = await unscoped(acme_live.member, "rita")
    refused = await alice.ask("transfer", "error", conversation=conversation, agent=rita.public_id)
    assert refused["code"] == "conflict"
    own = await alice.ask("transfer", "error", conversation=conversation, agent=alice.welcome["agent"]["id"])
    assert own["code"] == "conflict"


async def test_an_agent_who_is_gone_loses_it_after_a_minute(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    now = timezone.now()
    assert await in_scope(acme_live.tenant_id, assignment.return_stranded, now=now) == []
    moved = await in_scope(acme_live.tenant_id, assignment.return_stranded, now=now + timedelta(seconds=90))
    assert moved == [UUID(conversation)]
    told = await vera.expect("message", code="returned")
    assert told["author"]["kind"] == "system"
    await vera.expect("status", status="waiting")
    assert (await alice.expect("conversation"))["conversation"]["id"] == conversation


def alice_is(role: str, *, further: str = "") -> None:
    """Of the whole organisation, and of all departments."""
    DepartmentRole.objects.all().delete()
    Membership.objects.filter(name="Alice").update(role=Role.objects.get(slug=role))
    for department in Department.objects.all() if further else ():
        alice, held = Membership.objects.get(name="Alice"), Role.objects.get(slug=further)
        DepartmentRole.objects.create(membership=alice, role=held, department=department)


async def test_an_agent_who_may_not_answer_any_more_loses_it_at_once(door: Door, acme_live: Organisation) -> None:
    vera, _, conversation = await talking(door, acme_live)
    now = timezone.now()
    for role, further, moved in (("agent", "", []), ("analyst", "agent", []), ("analyst", "", [UUID(conversation)])):
        await in_scope(acme_live.tenant_id, alice_is, role, further=further)
        assert await in_scope(acme_live.tenant_id, assignment.return_stranded, now=now) == moved
    await vera.expect("message", code="returned")
    await vera.expect("status", status="waiting")


async def test_closed_reopened_and_rated(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    closed = await alice.ask("close", "conversation", conversation=conversation, outcome="solved")
    assert closed["conversation"]["status"] == "closed"
    await vera.expect("status", status="closed")
    assert (await vera.expect("message", code="closed"))["prev_seq"] == 2
    rated = await vera.ask("rate", "status", score=5, comment="Very kind")
    assert rated["status"] == "closed"
    told = await alice.expect_state("closed")
    while "rating" not in told:
        told = await alice.expect_state("closed")
    assert (told["outcome"], told["rating"]) == ("solved", {"score": 5, "comment": "Very kind"})
    for frame in ("message", "note"):
        refused = await alice.ask(frame, "error", conversation=conversation, client_id=uuid4(), text="One more thing")
        assert refused["code"] == "closed"
    assert (await alice.ask("close", "error", conversation=conversation))["code"] == "closed"
    opened = await alice.ask("reopen", "conversation", conversation=conversation)
    assert (opened["conversation"]["status"], opened["conversation"]["assigned_to"]["name"]) == ("open", "Alice")
    assert "outcome" not in opened["conversation"]
    await vera.expect("status", status="open")
    assert (await vera.say("Thank you"))["conversation"] == conversation
    assert (await alice.ask("reopen", "error", conversation=conversation))["code"] == "conflict"


async def test_after_the_end_a_message_begins_a_new_one(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    ended = await vera.ask("end", "status")
    assert (ended["conversation"], ended["status"]) == (conversation, "closed")
    fresh = await vera.say("And another thing")
    assert fresh["seq"] == 1
    assert fresh["conversation"] != conversation
    refused = await alice.ask("reopen", "error", conversation=conversation)
    assert refused["code"] == "conflict", "The visitor has a newer one"
    assert (await vera.say("More"))["conversation"] == fresh["conversation"]


async def test_a_week_later_it_stays_closed(door: Door, acme_live: Organisation) -> None:
    _, alice, conversation = await talking(door, acme_live)
    await alice.ask("close", "conversation", conversation=conversation)

    def age() -> None:
        Conversation.objects.filter(public_id=conversation).update(
            closed_at=timezone.now() - timedelta(days=7, seconds=1)
        )

    await in_scope(acme_live.tenant_id, age)
    assert (await alice.ask("reopen", "error", conversation=conversation))["code"] == "conflict"


async def test_tags_and_lists(door: Door, acme_live: Organisation) -> None:
    _, alice, conversation = await talking(door, acme_live)
    tagged = await alice.ask("tag", "conversation", conversation=conversation, add=["refund", "vip"], remove=[])
    assert tagged["conversation"]["tags"] == ["refund", "vip"]
    tagged = await alice.ask("tag", "conversation", conversation=conversation, add=[], remove=["vip"])
    assert tagged["conversation"]["tags"] == ["refund"]

    async def ids(view: str, **narrowed: str) -> list[str]:
        listed = await alice.ask("list", "list", view=view, **narrowed)
        return [entry["id"] for entry in listed["conversations"]]

    assert await ids("mine") == [conversation]
    assert await ids("all", tag="refund") == [conversation]
    assert await ids("all", tag="vip") == []
    assert await ids("closed") == []
    assert await ids("all", agent=str(uuid4())) == []
    await alice.ask("close", "conversation", conversation=conversation)
    assert await ids("closed") == [conversation]
    assert await ids("mine") == []


async def test_a_supervisor_reads_along_unseen(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    sam = await door.agent(acme_live, "sam")
    opened = await sam.ask("watch", "assigned", conversation=conversation)
    assert opened["watching"] is True
    await sam.send("typing", conversation=conversation, active=True)
    await sam.send("read", conversation=conversation, seq=1)
    sent = await vera.say("Am I alone?")
    assert (await sam.expect("message", id=sent["id"]))["text"] == "Am I alone?"
    answer = await alice.say("Yes", conversation=conversation)
    await vera.expect("message", id=answer["id"])
    assert vera.of("typing") == []
    assert "Sam" not in str(vera.heard)
    await sam.send("unwatch", conversation=conversation)
    await sam.ask("ping", "pong")
    assert (await actions(acme_live)).count(Action.CONVERSATION_WATCHED.value) == 2
    refused = await alice.ask("watch", "error", conversation=conversation)
    assert refused["code"] == "forbidden"


async def test_who_may_not_watch_is_in_no_room(door: Door, acme_live: Organisation) -> None:
    """Alice asks for a conversation out of her sight; what is typed there must not reach her, nor hers the visitor."""
    sales = await unscoped(acme_live.add_department, "Sales", "bob")
    alice, bob = await door.agent(acme_live, "alice"), await door.agent(acme_live, "bob")
    vera = await door.visitor(acme_live.site_key, department=str(sales))
    conversation = (await vera.say("For sales only"))["conversation"]
    await bob.ask("next", "assigned")
    assert (await alice.ask("watch", "error", conversation=conversation))["code"] == "not_found"
    await alice.send("typing", conversation=conversation, active=True)
    sent = await vera.say("Confidential")
    await bob.expect("message", id=sent["id"])
    reply = await bob.say("Noted", conversation=conversation)
    await vera.expect("message", id=reply["id"])
    await alice.ask("ping", "pong")
    assert vera.of("typing") == []
    assert conversation not in str([frame for frame in alice.heard if frame["type"] != "error"])


@pytest.mark.parametrize("kind", ["visitor", "agent"])
async def test_history_is_read_page_by_page(door: Door, acme_live: Organisation, kind: str) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    for number in range(5):
        await vera.say(f"Message {number}")
    socket, on = (vera, {}) if kind == "visitor" else (alice, {"conversation": conversation})
    page = await socket.ask("history", "history", limit=3, **on)
    assert [entry["seq"] for entry in page["messages"]] == [5, 6, 7]
    assert page["more"] is True
    page = await socket.ask("history", "history", limit=100, before_seq=5, **on)
    assert [entry["seq"] for entry in page["messages"]] == [1, 2, 3, 4]
    assert page["more"] is False


async def test_who_missed_more_than_two_hundred_gets_the_latest(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    author = Author(AuthorKind.VISITOR, UUID((await vera.say("Known"))["id"]), "Vera")
    await vera.connection.close()

    def fill() -> None:
        row = Conversation.objects.select_for_update().get(public_id=conversation)
        for number in range(205):
            append(row, author=author, text=mask(f"Missed {number}"), now=timezone.now())

    await in_scope(acme_live.tenant_id, fill)
    known = {"conversation": conversation, "last_seq": 3, "last_rev": 3}
    back = await door.visitor(acme_live.site_key, token=vera.welcome["token"], **known)
    await back.expect("message", seq=208)
    assert (back.welcome["more"], back.welcome["last_seq"]) == (True, 208)
    assert [frame["seq"] for frame in back.of("message")] == list(range(9, 209))
    older = await back.ask("history", "history", before_seq=9, limit=5)
    assert [entry["seq"] for entry in older["messages"]] == [4, 5, 6, 7, 8]
    await alice.connection.close()
    again = await door.agent(acme_live, "alice", open={conversation: [3, 3]})
    await again.expect("message", seq=208)
    assert [frame["seq"] for frame in again.of("message")] == list(range(9, 209))
