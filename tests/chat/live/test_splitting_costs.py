"""What the split check costs: nothing, unless a message could be part of a number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from psycopg import AsyncConnection, AsyncPipeline
from psycopg.types.numeric import Int8BinaryDumper

from chat.live.writer import Order, turn
from chat.live.writer.item import Item
from chat.live.writer.keys import ConversationKeys
from chat.live.writer.link import _SETTINGS, default_conninfo
from chat.live.writer.memory import Memory
from chat.live.writer.split_check import Opener
from security.crypto import keyring
from tests.chat.conversations import House

from .splitting import Clock, typed
from .writing import post


class Counting(AsyncConnection):
    """Counts round trips: each pipeline is one."""

    trips = 0

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[AsyncPipeline]:
        self.trips += 1
        async with super().pipeline() as pipeline:
            yield pipeline


@asynccontextmanager
async def counting() -> AsyncIterator[Counting]:
    """A connection like the writer's."""
    connection = await Counting.connect(default_conninfo(), autocommit=True, prepare_threshold=None)
    try:
        connection.adapters.register_dumper(int, Int8BinaryDumper)
        await connection.execute(_SETTINGS)
        yield connection
    finally:
        await connection.close()


async def trips(*orders: Order) -> int:
    """How many round trips one turn with these orders takes."""
    clock, loop = Clock(), asyncio.get_running_loop()
    for tenant_id in {order.tenant_id for order in orders}:
        await sync_to_async(keyring.load_tenant)(tenant_id)
    async with counting() as connection:
        items = [Item(order, loop.create_future(), loop.time() + 4) for order in orders]
        result = await turn.run(connection, items, Opener(ConversationKeys(), Memory(clock), clock()))
        assert len([done for done in result.done if done.item is not None]) == len(orders)
        return connection.trips


@pytest.mark.parametrize("text", ["Hello, where is my parcel?", "Thank you very much!", "Grüße aus Köln 🎉"])
async def test_an_ordinary_turn_takes_two_round_trips(acme: House, rival: House, text: str) -> None:
    talks = await sync_to_async(lambda: [house.talk() for house in (acme, rival) for _ in range(5)])()
    assert await trips(*(typed(talk, text) for talk in talks)) == 2


async def test_agents_messages_and_notes_with_numbers_cost_no_more(acme: House) -> None:
    talk = await sync_to_async(acme.talk)()
    assert await trips(post(talk, "It was 4242", talk.agent), post(talk, "4242 4242", talk.note)) == 2


async def test_numbers_of_many_visitors_cost_one_more_together(acme: House, rival: House) -> None:
    talks = await sync_to_async(lambda: [house.talk() for house in (acme, rival) for _ in range(5)])()
    assert await trips(*(typed(talk, "4242 4242") for talk in talks)) == 3
