"""Sent again is stored once: within a turn, across writers, across conversations, and whatever the text."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async

from chat.live.writer import Posted, WriteRefused
from chat.models import Message, Status
from security.masking import mask
from security.models import SubjectKey
from security.scoping import tenant_scope
from tests.chat.conversations import House, Talk

from .writing import Published, edit, post, rows, writing


async def test_sent_again_answers_the_first_message_and_stores_nothing(talk: Talk) -> None:
    published = Published()
    async with writing(published) as writer:
        order = post(talk, "card 4242 4242 4242 4242")
        first = await writer.put(order)
        await writer.put(post(talk, "in between"))
        again = await writer.put(replace(order, text=mask("something else"), origin="new socket"))
    assert again.is_duplicate
    assert again.origin == "new socket"
    assert again.message == replace(first.message, masked=list(first.message.masked))
    assert len(published.all) == 2
    assert [row.seq for row in await sync_to_async(rows)(talk)] == [1, 2]
    assert (await sync_to_async(talk.row)()).last_rev == 2


async def test_sent_again_answers_the_present_text_and_rev(talk: Talk) -> None:
    async with writing() as writer:
        order = post(talk, "as sent", talk.agent)
        first = await writer.put(order)
        await writer.revise(edit(talk, first.message.id, "as edited"))
        again = await writer.put(order)
    assert (again.message.seq, again.message.rev, again.message.text) == (1, 2, "as edited")


async def test_what_is_sent_twice_at_once_is_stored_once(talk: Talk) -> None:
    async with writing() as one, writing() as other:
        order = post(talk)
        found = await asyncio.gather(*(writer.put(order) for writer in (one, one, other, other, one, other)))
    assert {(posted.message.id, posted.message.seq) for posted in found} == {(found[0].message.id, 1)}
    assert sorted(posted.is_duplicate for posted in found) == [False] + [True] * 5
    assert len(await sync_to_async(rows)(talk)) == 1


async def test_an_author_who_uses_a_client_id_in_two_conversations_at_once_stores_one(acme: House) -> None:
    talks = await sync_to_async(lambda: [acme.talk() for _ in range(2)])()
    orders = [post(talks[0], author=talks[0].agent)]
    orders.append(replace(orders[0], conversation=talks[1].public_id))
    async with writing() as one, writing() as other:
        for _ in range(10):  # both transactions run; the slower one meets the unique constraint
            fresh = post(talks[0], author=talks[0].agent)
            pair = await asyncio.gather(one.put(fresh), other.put(replace(fresh, conversation=talks[1].public_id)))
            assert pair[0].message.id == pair[1].message.id
            assert [posted.is_duplicate for posted in pair].count(False) == 1
    counts = [[row.seq for row in await sync_to_async(rows)(talk)] for talk in talks]
    assert sum(map(len, counts)) == 10
    for talk, seqs in zip(talks, counts, strict=True):
        assert seqs == list(range(1, len(seqs) + 1))
        assert (await sync_to_async(talk.row)()).last_seq == len(seqs)


async def test_the_same_client_id_of_another_author_or_tenant_is_another_message(acme: House, rival: House) -> None:
    talk, foreign = await sync_to_async(lambda: (acme.talk(), rival.talk()))()
    async with writing() as writer:
        first = post(talk)
        found = [
            await writer.put(first),
            await writer.put(replace(first, author=talk.agent)),
            await writer.put(replace(first, author=talk.note)),
            await writer.put(replace(first, tenant_id=foreign.tenant_id, conversation=foreign.public_id)),
        ]
    assert not any(posted.is_duplicate for posted in found)
    assert [posted.message.seq for posted in found] == [1, 2, 3, 1]


async def test_sent_again_after_the_end_is_still_acknowledged(talk: Talk) -> None:
    def close() -> None:
        row = talk.row()
        row.status = Status.CLOSED.value
        with tenant_scope(talk.tenant_id):
            row.save(update_fields=["status"])

    async with writing() as writer:
        order = post(talk)
        first = await writer.put(order)
        await sync_to_async(close)()
        again = await writer.put(order)
        with pytest.raises(WriteRefused, match="closed"):
            await writer.put(post(talk))
    assert (again.message.id, again.is_duplicate, again.status) == (first.message.id, True, Status.CLOSED)


@pytest.mark.parametrize("destroyed", ["body", "key"])
async def test_sent_again_after_its_text_was_erased_answers_gone(talk: Talk, destroyed: str) -> None:
    def erase() -> None:
        with tenant_scope(talk.tenant_id):
            if destroyed == "key":
                SubjectKey.objects.filter(subject_id=talk.public_id).delete()
            for row in Message.objects.all() if destroyed == "body" else []:
                row.body = None
                row.save(update_fields=["body"])

    async with writing() as writer:
        order = post(talk, "to be forgotten")
        await writer.put(order)
        await sync_to_async(erase)()
        again = await writer.put(order)
        assert isinstance(again, Posted)
        assert (again.message.gone, again.message.text, again.message.seq) == (True, "", 1)
        if destroyed == "key":  # nothing is added to what cannot be read
            with pytest.raises(WriteRefused, match="closed"):
                await writer.put(post(talk))
