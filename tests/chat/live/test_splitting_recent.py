"""A tail that is remembered says what the database says, or is not used."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from psycopg import errors

from chat.live.writer import Order, Posted, Stored, turn
from chat.live.writer.item import Item
from chat.live.writer.keys import ConversationKeys
from chat.live.writer.memory import Memory
from chat.live.writer.reading import read, read_beside
from chat.live.writer.recent import RecentTails
from chat.live.writer.split_check import Opener, tails
from chat.live.writer.tail import Tail
from chat.models import Status
from security.crypto import keyring
from tests.chat.conversations import House, Talk

from .splitting import Clock, stored, typed
from .test_splitting_costs import Counting, counting
from .writing import edit, post

PLAIN = ("Hello there", "And when does it come?", "It is the blue one", "My card is here, one moment")
NUMBERS = ("4242 4242", "It was 12 May", "5105", "4242 4242 4242 4242", "order 48213", "call me at 9", "555 0123")


class Process:
    """One process's writer, turn by turn."""

    def __init__(self, clock: Clock, connection: Counting) -> None:
        self.clock, self.connection = clock, connection
        self.keys, self.memory, self.recent = ConversationKeys(), Memory(clock), RecentTails()
        self.stored: list[Stored | None] = []

    def opener(self) -> Opener:
        return Opener(self.keys, self.memory, self.clock(), self.recent)

    async def store(self, *orders: Order) -> int:
        """One turn, a second after the last one; how many round trips it took."""
        self.clock.passes(1)
        before = self.connection.trips
        result = await turn.run(self.connection, [_item(order) for order in orders], self.opener())
        self.memory.keep(result.keeps)
        self.stored = [done.stored for done in result.done]
        return self.connection.trips - before


@pytest.fixture
async def process(talk: Talk) -> AsyncIterator[Process]:
    await sync_to_async(keyring.load_tenant)(talk.tenant_id)
    async with counting() as connection:
        yield Process(Clock(), connection)


async def test_only_the_first_number_of_a_conversation_reads_what_was_before_it(talk: Talk, process: Process) -> None:
    assert await process.store(typed(talk, "4242")) == 3
    for text in ("Hello", "4242", "one moment", "4242 4242"):
        assert await process.store(typed(talk, text)) == 2
    assert await stored(talk) == ["••••", "Hello", "••••", "one moment", "•••• 4242"]


async def test_what_another_process_stored_meanwhile_is_read(talk: Talk, process: Process) -> None:
    other = Process(process.clock, process.connection)
    await process.store(typed(talk, "4242 4242"))
    await other.store(typed(talk, "Hello"))
    assert await process.store(typed(talk, "4242 4242")) == 3


async def test_what_was_written_elsewhere_a_moment_ago_is_read(acme: House, talk: Talk, process: Process) -> None:
    await process.store(typed(talk, "4242 4242"))
    await sync_to_async(acme.talk)(of=talk, status=Status.CLOSED)
    assert await process.store(typed(talk, "4242 4242")) == 3


async def test_an_edit_leaves_nothing_remembered(talk: Talk, process: Process) -> None:
    await process.store(typed(talk, "4242 4242"))
    await process.store(post(talk, "What is the number?", talk.agent))
    asked = process.stored[0]
    assert isinstance(asked, Posted)
    await process.store(edit(talk, asked.message.id, "What is your phone number?"))
    assert await process.store(typed(talk, "4242 4242"), edit(talk, asked.message.id, "What is your address?")) == 3
    assert await process.store(typed(talk, "4242 4242")) == 3


async def test_a_turn_that_fails_leaves_nothing_remembered(talk: Talk, process: Process) -> None:
    await process.store(typed(talk, "4242 4242"))
    one, other = _item(typed(talk, "4242")), _item(typed(talk, "Hello"))
    other.message_id = one.message_id
    with pytest.raises(errors.UniqueViolation):
        await turn.run(process.connection, [one, other], process.opener())
    await process.connection.execute("ROLLBACK")
    assert len(process.recent) == 0


async def test_two_minutes_after_the_last_number_nothing_is_remembered(talk: Talk, process: Process) -> None:
    await process.store(typed(talk, "4242 4242"))
    process.clock.passes(121)
    process.recent.forget_old(process.clock())
    assert len(process.recent) == 0


@pytest.mark.parametrize("seed", range(3))
async def test_it_says_what_would_be_read(talk: Talk, process: Process, seed: int) -> None:
    chance, remembered = random.Random(seed), 0  # noqa: S311 - no secret
    for _ in range(45):
        text = chance.choice(PLAIN + NUMBERS)
        order = chance.choice((typed(talk, text), typed(talk, text), post(talk, text, talk.agent)))
        process.clock.passes(chance.choice((0, 3, 30)))
        await process.store(order)
        known, read = await _both(process, talk)
        if known is not None:
            remembered += 1
            assert _what(known) == _what(read)
    assert remembered > 20


async def _both(process: Process, talk: Talk) -> tuple[Tail | None, Tail]:
    """The tail that is remembered, and the one that is read."""
    now, tenant_id, opener = process.clock(), talk.tenant_id, process.opener()
    items = [_item(typed(talk, "4242"))]
    reads = await read(process.connection, {tenant_id: items}, now, {}, skip_locked=False)
    row = reads[tenant_id].conversations[talk.public_id]
    visitors = [row.visitor_id]
    beside = await read_beside(process.connection, reads, {tenant_id: visitors}, {}, now, skip_locked=False)
    await process.connection.execute("ROLLBACK")
    found = tails(tenant_id, visitors, reads[tenant_id], beside[tenant_id], opener).by_visitor[row.visitor_id]
    known = process.recent.take(row, now)
    if known is not None:
        known.reread(process.memory.typed(), now)
        process.recent.keep(row, row.last_rev, known)
    return known, found


def _what(tail: Tail) -> list[tuple[object, ...]]:
    return [
        (one.text, one.text.findings, one.at, one.by_visitor, one.kinds, one.typed, place)
        for one, place in zip(tail.said, tail.places, strict=True)
    ]


def _item(order: Order) -> Item:
    return Item(order, asyncio.get_running_loop().create_future(), 0.0)
