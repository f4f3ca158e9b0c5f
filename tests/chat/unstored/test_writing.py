"""What the writer does with a conversation of which nothing is stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import redis
from asgiref.sync import sync_to_async
from django.db import connection

from chat.live.protocol.shapes import Masked
from chat.live.writer import Posted, Unavailable, unstored
from chat.models import Conversation
from chat.transcript import Audience, Page, Reader, messages_after, revisions_after
from chat.unstored import keys
from chat.unstored.store import KEPT_FOR
from security.masking import MaskingPolicy, mask
from security.scoping import tenant_scope
from tests.chat.conversations import House, Talk
from tests.chat.live.writing import Published, edit, post, rows, writing

CARD = "4242 4242 4242 4242"
POLICY = MaskingPolicy()


@sync_to_async
def read(talk: Talk, audience: Audience = Audience.AGENTS) -> Page:
    with tenant_scope(talk.tenant_id):
        return messages_after(Conversation.objects.get(pk=talk.pk), seq=0, reader=Reader(audience))


def texts(page: Page) -> list[str]:
    return ["(gone)" if view.gone else str(view.text) for view in page.messages]


@sync_to_async
def columns(talk: Talk) -> list[tuple[object, ...]]:
    """What the table has of what was said."""
    with tenant_scope(talk.tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT body, masked::text FROM chat_message WHERE conversation_id = %s ORDER BY seq", [talk.pk])
        return list(cursor.fetchall())


async def test_a_message_is_acknowledged_and_read_and_its_row_has_none_of_it(talk: Talk) -> None:
    published = Published()
    async with writing(published) as writer:
        posted = await writer.put(post(talk, f"my card is {CARD}"))
        await writer.put(post(talk, "a note", talk.note))
    assert published.all[0] == posted
    assert posted.message.masked == (Masked("card", 1),)
    page = await read(talk)
    assert texts(page) == ["my card is •••• •••• •••• 4242", "a note"]
    assert page.messages[0].masked == [Masked("card", 1)]
    assert texts(await read(talk, Audience.VISITOR)) == ["my card is •••• •••• •••• 4242"]
    assert await columns(talk) == [(None, "[]"), (None, "[]")]


async def test_another_process_reads_it_and_it_goes_as_a_whole_when_its_time_is_over(
    talk: Talk, valkey: redis.Redis
) -> None:
    async with writing() as writer:
        await writer.put(post(talk, "hello"))
    keys.forget_everything()
    assert texts(await read(talk)) == ["hello"]
    (name,) = valkey.keys(f"*{talk.public_id}")
    assert 0 < valkey.pttl(name) <= KEPT_FOR * 1000
    kept = b"".join(valkey.hgetall(name).values())
    assert b"hello" not in kept
    valkey.delete(name)
    assert texts(await read(talk)) == ["(gone)"]


async def test_sent_again_it_is_the_same_message_with_what_it_says(talk: Talk) -> None:
    async with writing() as writer:
        order = post(talk, f"it is {CARD}")
        first = await writer.put(order)
        again = await writer.put(replace(order, text=mask("something else")))
    assert (again.message.id, again.message.text, again.is_duplicate) == (first.message.id, first.message.text, True)
    assert [*again.message.masked] == [*first.message.masked]
    assert len(await sync_to_async(rows)(talk)) == 1


async def test_a_lost_body_replays_as_gone_and_the_conversation_goes_on(talk: Talk, valkey: redis.Redis) -> None:
    async with writing() as writer:
        order = post(talk, "before")
        await writer.put(order)
        valkey.flushdb()
        again = await writer.put(order)
        await writer.put(post(talk, "after"))
    assert again.message.gone
    assert texts(await read(talk)) == ["(gone)", "after"]


async def test_two_processes_agree_on_a_key_after_valkey_was_emptied(talk: Talk, valkey: redis.Redis) -> None:
    async with writing() as writer:
        await writer.put(post(talk, "one"))
        valkey.flushdb()
        mine = keys.key_of((talk.tenant_id, talk.public_id), None, None)
        keys.forget_everything()  # another process, which was faster
        await writer.put(post(talk, "two"))
        theirs = keys.key_of((talk.tenant_id, talk.public_id), None, None)
        assert theirs != mine
        keys._clear.put((talk.tenant_id, talk.public_id), mine, keys._clear.now())
        await writer.put(post(talk, "three"))
    assert texts(await read(talk)) == ["(gone)", "two", "three"]


async def test_an_edit_leaves_nothing_of_what_was_said_before(talk: Talk, valkey: redis.Redis) -> None:
    async with writing() as writer:
        said = await writer.put(post(talk, "the old text", talk.agent))
        await writer.revise(edit(talk, said.message.id, f"the new text {CARD}"))
        (name,) = valkey.keys(f"*{talk.public_id}")
        await asyncio.wrap_future(unstored._pool.submit(int))  # what is done behind the commit is done
        assert [field for field in valkey.hkeys(name) if b"+" in field] == []
    assert texts(await read(talk)) == ["the new text •••• •••• •••• 4242"]
    assert await columns(talk) == [(None, "[]")]

    def revised() -> list[str]:
        with tenant_scope(talk.tenant_id):
            row = Conversation.objects.get(pk=talk.pk)
            found = revisions_after(row, rev=1, up_to_seq=1, reader=Reader(Audience.AGENTS))
            return [str(entry.text) for entry in found]

    assert await sync_to_async(revised)() == ["the new text •••• •••• •••• 4242"]


async def test_half_a_number_is_joined_with_the_other_half(talk: Talk) -> None:
    async with writing() as writer:
        await writer.put(post(talk, "my card is 4242 4242", policy=POLICY))
        second = await writer.put(post(talk, "4242 4242", policy=POLICY))
    async with writing() as another:  # which has nothing in its memory
        third = await another.put(post(talk, "and my name is Vera", policy=POLICY))
    assert "4242 4242" not in second.message.text
    assert third.message.text == "and my name is Vera"
    assert "4242 4242" not in "".join(texts(await read(talk)))
    assert await columns(talk) == [(None, "[]")] * 3


async def test_the_other_half_is_found_by_another_process(talk: Talk) -> None:
    async with writing() as writer:
        await writer.put(post(talk, "it is 536-90", policy=POLICY))
    async with writing() as another:
        second = await another.put(post(talk, "4399", policy=POLICY))
    assert second.message.text == "••••"
    assert "4399" not in "".join(texts(await read(talk)))


async def test_without_valkey_it_is_refused_and_everybody_elses_are_stored(
    acme: House, talk: Talk, no_valkey: None
) -> None:
    stored = await sync_to_async(acme.talk)("Wanda")
    async with writing() as writer:
        answers = await asyncio.gather(
            writer.put(post(talk, "one")), writer.put(post(stored, "two")), return_exceptions=True
        )
    assert isinstance(answers[0], Unavailable)
    assert isinstance(answers[1], Posted)
    assert await sync_to_async(rows)(talk) == []


async def test_what_cannot_be_kept_at_the_last_moment_is_not_committed(
    acme: House, talk: Talk, monkeypatch: pytest.MonkeyPatch, valkey: redis.Redis
) -> None:
    stored = await sync_to_async(acme.talk)("Wanda")
    valkey.config_set("appendonly", "yes")
    try:
        async with writing() as writer:
            answers = await asyncio.gather(
                writer.put(post(talk, "one")), writer.put(post(stored, "two")), return_exceptions=True
            )
    finally:
        valkey.config_set("appendonly", "no")
    assert isinstance(answers[0], Unavailable)
    assert isinstance(answers[1], Posted)
    assert await sync_to_async(rows)(talk) == []
    assert valkey.keys(f"*{talk.public_id}") == []
