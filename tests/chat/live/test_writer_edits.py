"""A stored message gets a new text: by its author, for five minutes, sealed for its new revision."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from chat import sealing
from chat.live.protocol.shapes import Masked
from chat.live.writer import WriteRefused
from chat.models import Message
from security.scoping import tenant_scope
from tests.chat.conversations import House, Talk

from .writing import Published, edit, post, rows, writing


def says(talk: Talk, row: Message) -> str:
    with tenant_scope(talk.tenant_id):
        return str(sealing.open_message(row, conversation=talk.public_id))


async def test_an_edit_has_a_rev_of_its_own_and_keeps_the_place(talk: Talk) -> None:
    published = Published()
    async with writing(published) as writer:
        first = await writer.put(post(talk, "as sent", talk.agent))
        await writer.put(post(talk, "an answer"))
        revised = await writer.revise(edit(talk, first.message.id, "now 4242 4242 4242 4242", origin="socket"))
        after = await writer.put(post(talk))
    assert (revised.id, revised.seq, revised.rev, revised.reason) == (first.message.id, 1, 3, "edited")
    assert (revised.text, revised.masked, revised.is_visible) == ("now •••• •••• •••• 4242", (Masked("card", 1),), True)
    assert (after.message.seq, after.message.rev) == (3, 4)
    assert published.all[2] == revised
    row = (await sync_to_async(rows)(talk))[0]
    assert (row.seq, row.rev, row.revised_reason, row.sent_at) == (1, 3, "edited", first.message.sent_at)
    assert row.revised_at is not None
    assert row.masked == [{"kind": "card", "count": 1}]
    assert await sync_to_async(says)(talk, row) == "now •••• •••• •••• 4242"
    conversation = await sync_to_async(talk.row)()
    assert (conversation.last_seq, conversation.last_rev, conversation.last_message_at) == (3, 4, after.message.sent_at)


async def test_edits_that_meet_in_one_turn_leave_the_last(talk: Talk) -> None:
    async with writing() as writer:
        message = (await writer.put(post(talk, "0", talk.agent))).message.id
        found = await asyncio.gather(*(writer.revise(edit(talk, message, f"{n}")) for n in range(1, 6)))
        assert [revised.rev for revised in found] == [2, 3, 4, 5, 6]
    (row,) = await sync_to_async(rows)(talk)
    assert row.rev == (await sync_to_async(talk.row)()).last_rev == 6
    assert await sync_to_async(says)(talk, row) == "5"


async def test_a_note_stays_unseen_when_it_is_edited(talk: Talk) -> None:
    async with writing() as writer:
        note = await writer.put(post(talk, "for us", talk.note))
        revised = await writer.revise(edit(talk, note.message.id, "for us alone"))
    assert not revised.is_visible
    (row,) = await sync_to_async(rows)(talk)
    assert await sync_to_async(says)(talk, row) == "for us alone"


async def test_what_may_not_be_edited(acme: House, rival: House) -> None:
    talk, other, foreign = await sync_to_async(lambda: (acme.talk(), acme.talk(), rival.talk()))()
    async with writing() as writer:
        own = (await writer.put(post(talk, "own", talk.agent))).message.id
        of_vera = (await writer.put(post(talk, "Vera's"))).message.id
        elsewhere = (await writer.put(post(other, "elsewhere", other.agent))).message.id
        of_rival = (await writer.put(post(foreign, "Mallory's", foreign.agent))).message.id
        refused = {
            "forbidden": [
                edit(talk, of_vera, "x"),
                edit(talk, of_vera, "x", author_id=talk.visitor.id),
                edit(talk, own, "x", author_id=uuid.uuid4()),
                edit(talk, own, "x", check=lambda _: "forbidden"),
            ],
            "not_found": [
                edit(talk, uuid.uuid4(), "x"),
                edit(talk, elsewhere, "x"),
                edit(talk, of_rival, "x", author_id=foreign.agent.id),
                edit(talk, of_rival, "x", conversation=foreign.public_id, author_id=foreign.agent.id),
            ],
            "conflict": [edit(talk, own, "x", within=timedelta(seconds=-1))],
        }
        for code, orders in refused.items():
            for order in orders:
                with pytest.raises(WriteRefused, match=code):
                    await writer.revise(order)
    for one, texts in ((talk, ["own", "Vera's"]), (other, ["elsewhere"]), (foreign, ["Mallory's"])):
        assert [await sync_to_async(says)(one, row) for row in await sync_to_async(rows)(one)] == texts
