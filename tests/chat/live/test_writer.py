"""What the writer stores, and in which order."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from itertools import pairwise

import pytest
from asgiref.sync import sync_to_async

from chat import sealing
from chat.live.protocol.shapes import Masked
from chat.live.writer import Bounds, LockedConversation, Posted, Unavailable, Writer
from chat.models import Status
from security.masking import mask
from security.scoping import tenant_scope
from tests.chat.conversations import House, Talk
from tests.services import session

from .writing import Published, post, rows, writing

CARD = "4242 4242 4242 4242"


@sync_to_async
def stored(talk: Talk) -> list[tuple[int, int, int, str]]:
    """seq, rev, prev_visible_seq and text of each message."""
    with tenant_scope(talk.tenant_id):
        return [
            (row.seq, row.rev, row.prev_visible_seq, str(sealing.open_message(row, conversation=talk.public_id)))
            for row in rows(talk)
        ]


async def test_a_message_is_stored_and_told_before_its_sender_is_answered(talk: Talk) -> None:
    published = Published()
    async with writing(published) as writer:
        order = post(talk, f"my card is {CARD}", origin="vera's socket")
        posted = await writer.put(order)
    assert published.all == [posted]
    assert posted.origin == "vera's socket"
    assert posted.status is Status.OPEN
    assert not posted.is_duplicate
    message = posted.message
    assert (message.seq, message.prev_seq, message.rev) == (1, 0, 1)
    assert (message.client_id, message.author, message.conversation) == (order.client_id, talk.visitor, talk.public_id)
    assert message.masked == (Masked("card", 1),)
    assert message.text == "my card is •••• •••• •••• 4242"
    assert message.sent_at.microsecond % 1000 == 0
    assert await stored(talk) == [(1, 1, 0, "my card is •••• •••• •••• 4242")]
    (row,) = await sync_to_async(rows)(talk)
    assert (row.public_id, row.client_id, row.author_id, row.author_kind) == (
        message.id,
        order.client_id,
        talk.visitor.id,
        "visitor",
    )
    assert row.masked == [{"kind": "card", "count": 1}]
    assert (row.sent_at, row.is_visible) == (message.sent_at, True)


async def test_the_conversation_counts_what_each_side_may_see(talk: Talk) -> None:
    async with writing() as writer:
        await writer.put(post(talk, "one"))
        note = await writer.put(post(talk, "two", talk.note))
        first = await writer.put(post(talk, "three", talk.agent))
        await writer.put(post(talk, "four", talk.agent))
    assert not note.is_visible
    assert (first.message.prev_seq, first.for_agents().prev_seq) == (1, 2)
    assert await stored(talk) == [(1, 1, 0, "one"), (2, 2, 1, "two"), (3, 3, 1, "three"), (4, 4, 3, "four")]
    row = await sync_to_async(talk.row)()
    assert (row.last_seq, row.last_rev, row.last_visible_seq) == (4, 4, 4)
    assert row.first_replied_at == first.message.sent_at
    assert row.last_message_at >= first.message.sent_at


async def test_neither_a_note_nor_a_visitor_is_a_first_reply(talk: Talk) -> None:
    async with writing() as writer:
        await writer.put(post(talk))
        await writer.put(post(talk, author=talk.note))
    assert (await sync_to_async(talk.row)()).first_replied_at is None


async def test_what_gathers_becomes_one_turn_in_the_order_of_rev(acme: House, rival: House) -> None:
    published = Published()
    talks = await sync_to_async(lambda: [house.talk() for house in (acme, rival) for _ in range(5)])()
    async with writing(published) as writer:
        await asyncio.gather(*(writer.put(post(talk, f"{number}")) for number in range(20) for talk in talks))
    assert len(published.turns) < 5
    for talk in talks:
        posted = [one.message for one in published.all if isinstance(one, Posted)]
        revs = [message.rev for message in posted if message.conversation == talk.public_id]
        assert revs == list(range(1, 21))
        assert await stored(talk) == [(n, n, n - 1, f"{n - 1}") for n in range(1, 21)]


async def test_fifty_senders_leave_no_gap_in_any_conversation(acme: House) -> None:
    talks = await sync_to_async(lambda: [acme.talk() for _ in range(8)])()

    async def send(writer: Writer, number: int) -> None:
        for turn in range(10):
            await writer.put(post(talks[(number + turn) % 8], author=talks[(number + turn) % 8].visitor))

    async with writing() as writer:
        await asyncio.gather(*(send(writer, number) for number in range(50)))
    lengths = []
    for talk in talks:
        messages = await sync_to_async(rows)(talk)
        assert [row.seq for row in messages] == list(range(1, len(messages) + 1))
        assert all(one.sent_at <= other.sent_at for one, other in pairwise(messages))
        lengths.append(len(messages))
    assert sum(lengths) == 500


async def test_two_writers_on_the_same_conversations_neither_deadlock_nor_collide(acme: House, rival: House) -> None:
    talks = await sync_to_async(lambda: [house.talk() for house in (acme, rival) for _ in range(6)])()
    async with writing() as one, writing() as other:
        orders = [post(talk, f"{number}") for number in range(40) for talk in talks]
        await asyncio.gather(
            *(writer.put(order) for writer, part in ((one, orders[::2]), (other, orders[:0:-2])) for order in part)
        )
    for talk in talks:
        messages = await sync_to_async(rows)(talk)
        assert [(row.seq, row.rev) for row in messages] == [(n, n) for n in range(1, 41)]


async def test_only_masked_text_is_taken(talk: Talk) -> None:
    async with writing() as writer:
        with pytest.raises(TypeError):
            await writer.put(replace(post(talk), text=f"raw {CARD}"))
        with pytest.raises(TypeError):  # a slice of masked text is a plain str again
            await writer.put(replace(post(talk), text=mask("masked text")[:6]))
    assert await stored(talk) == []


async def test_one_bad_order_does_not_spoil_the_others(acme: House, rival: House) -> None:
    def forbidden(row: object) -> str:
        return "forbidden"

    def breaks(row: object) -> str:
        raise ZeroDivisionError

    talk, closed, foreign = await sync_to_async(lambda: (acme.talk(), acme.talk(status=Status.CLOSED), rival.talk()))()
    orders = [
        post(talk, "one"),
        post(talk, "no right", check=forbidden),
        post(closed),
        post(talk, "two"),
        post(talk, conversation=foreign.public_id),
        post(talk, conversation=uuid.uuid4()),
        post(talk, check=breaks),
        post(closed, check=forbidden),
        post(talk, "three"),
    ]
    async with writing() as writer:
        found = await asyncio.gather(*(writer.put(order) for order in orders), return_exceptions=True)
    codes = [one.message.seq if isinstance(one, Posted) else getattr(one, "code", one) for one in found]
    assert codes == [1, "forbidden", "closed", 2, "not_found", "not_found", "forbidden", "forbidden", 3]
    assert [text for *_, text in await stored(talk)] == ["one", "two", "three"]
    assert await stored(foreign) == []


async def test_a_grant_is_asked_under_the_lock_with_the_row_as_it_is(talk: Talk) -> None:
    seen: list[LockedConversation] = []
    async with writing() as writer:
        await writer.put(post(talk))
        await writer.put(post(talk, check=seen.append))
    row = await sync_to_async(talk.row)()
    assert (seen[0].pk, seen[0].assigned_to_id, seen[0].visitor_id, seen[0].last_seq) == (
        talk.pk,
        row.assigned_to_id,
        row.visitor_id,
        1,
    )


async def test_a_full_queue_refuses_and_says_when_to_come_back(talk: Talk) -> None:
    async with writing(bounds=Bounds(waiting=3)) as writer:
        sending = [asyncio.ensure_future(writer.put(post(talk))) for _ in range(4)]
        with pytest.raises(Unavailable) as refused:
            await sending.pop()
        assert refused.value.retry_after > 0
        assert [posted.message.seq for posted in await asyncio.gather(*sending)] == [1, 2, 3]


async def test_a_caller_that_goes_away_takes_nothing_back(talk: Talk) -> None:
    published = Published()
    async with writing(published) as writer:
        leaving = asyncio.ensure_future(writer.put(post(talk, "one")))
        staying = asyncio.ensure_future(writer.put(post(talk, "two")))
        await asyncio.sleep(0)  # both are queued now
        leaving.cancel()
        assert (await staying).message.seq == 2
        assert leaving.cancelled()
    assert [one.message.text for one in published.all if isinstance(one, Posted)] == ["one", "two"]
    assert [text for *_, text in await stored(talk)] == ["one", "two"]


async def test_closing_stores_what_was_taken_and_takes_nothing_more(talk: Talk) -> None:
    async with writing() as writer:
        sending = [asyncio.ensure_future(writer.put(post(talk))) for _ in range(20)]
        await asyncio.sleep(0)
        await writer.close()
        assert all(one.done() for one in sending)
        with pytest.raises(Unavailable):
            await writer.put(post(talk))
    assert len(await stored(talk)) == 20


async def test_a_publisher_that_fails_loses_no_answer(talk: Talk) -> None:
    def fail(stored: object) -> None:
        raise ConnectionError

    writer = Writer(on_committed=fail)
    try:
        assert (await writer.put(post(talk))).message.seq == 1
        assert (await writer.put(post(talk))).message.seq == 2
    finally:
        await writer.close()


async def test_times_never_run_backwards_within_a_conversation(talk: Talk) -> None:
    def set_ahead() -> None:
        server, database = session.current()
        with server.superuser(database) as connection:
            connection.execute("UPDATE chat_conversation SET last_message_at = now() + interval '1 hour'")

    async with writing() as writer:
        await sync_to_async(set_ahead)()
        first, second = await writer.put(post(talk)), await writer.put(post(talk))
    ahead = (await sync_to_async(talk.row)()).last_message_at
    assert first.message.sent_at == second.message.sent_at == ahead
