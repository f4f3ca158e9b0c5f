"""Numbers split over several messages, through the writer: stored rows, what is told, two writers on one database, time as it passes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import psycopg
import pytest
from asgiref.sync import sync_to_async

from chat.live.protocol.shapes import Author, AuthorKind
from chat.live.writer import Bounds, Posted, Stored, Unavailable, Writer
from chat.live.writer.link import default_conninfo
from chat.models import Conversation, Status
from security.masking import MaskingPolicy, Pattern
from security.scoping import tenant_scope
from tests.chat.conversations import House, Talk
from tests.security.masking.test_splitting_properties import card, written

from .splitting import HELD, POLICY, Clock, Watcher, digits, process, stored, typed
from .test_writer_failures import LossyWire
from .writing import post, rows


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@sync_to_async
def numbers(talk: Talk) -> list[tuple[int, int, str, list[dict[str, object]]]]:
    with tenant_scope(talk.tenant_id):
        return [(row.seq, row.rev, row.revised_reason, row.masked) for row in rows(talk)]


async def test_two_halves_are_masked_in_both_messages_and_told_by_a_revision(
    talk: Talk, clock: Clock, watcher: Watcher
) -> None:
    async with process(watcher, clock) as writer:
        first = await writer.put(typed(talk, "4242 4242"))
        assert (first.message.text, [entry.kind for entry in first.message.masked]) == (HELD, ["held"])
        assert await stored(talk) == [HELD]
        clock.passes(5)
        second = await writer.put(typed(talk, "4242 4242"))
    assert (second.message.text, [entry.kind for entry in second.message.masked]) == ("•••• 4242", ["card"])
    assert watcher.revised == [("•••• ••••", "masked")]
    assert await stored(talk) == ["•••• ••••", "•••• 4242"]
    assert await numbers(talk) == [
        (1, 3, "masked", [{"kind": "card", "count": 1}]),
        (2, 2, "", [{"kind": "card", "count": 1}]),
    ]
    assert (await sync_to_async(talk.row)()).last_rev == 3


async def test_what_was_delivered_already_is_masked_too(talk: Talk, clock: Clock, watcher: Watcher) -> None:
    async with process(watcher, clock) as writer:
        for text in ("4242", "4242", "ok", "4242", "4242"):
            await writer.put(typed(talk, text))
            clock.passes(2)
    assert await stored(talk) == ["••••", "••••", "ok", "••••", "4242"]
    assert watcher.ever[0] == "4242"
    assert all(sum(char.isdigit() for char in screen) <= 6 for screen in watcher.ever)


async def test_what_nobody_completes_is_released_after_twenty_seconds_as_it_was_typed(
    talk: Talk, clock: Clock, watcher: Watcher
) -> None:
    async with process(watcher, clock) as writer:
        await writer.put(typed(talk, "4242 4242"))
        clock.passes(19.9)
        await writer.settle()
        assert await stored(talk) == [HELD]
        clock.passes(0.1)
        await writer.settle()
        assert await stored(talk) == ["4242 4242"]
        await writer.settle()
        assert watcher.revised == [("4242 4242", "released")]
        clock.passes(60)
        await writer.put(typed(talk, "4242 4242"))
    assert await stored(talk) == ["•••• ••••", "•••• 4242"]
    assert (await numbers(talk))[0][3] == [{"kind": "card", "count": 1}]


async def test_what_is_held_is_released_however_much_was_said_since(talk: Talk, clock: Clock, watcher: Watcher) -> None:
    async with process(watcher, clock) as writer:
        await writer.put(typed(talk, "4242 4242"))
        for _ in range(40):
            await writer.put(post(talk, "One moment please", talk.agent))
        clock.passes(20)
        await writer.settle()
        assert (await stored(talk))[0] == "4242 4242"
        assert not writer.holds(talk.visitor.id)
    assert watcher.revised == [("4242 4242", "released")]


NEWER = MaskingPolicy(patterns=(Pattern("badge", "format", "#### ####"),), version=2)


async def test_what_was_held_is_released_by_the_rules_that_hold_then(
    talk: Talk, clock: Clock, watcher: Watcher
) -> None:
    async def read_policy(tenant_id: int) -> MaskingPolicy:
        assert tenant_id == talk.tenant_id
        return NEWER

    writer = Writer(on_committed=watcher, clock=clock, read_policy=read_policy)
    try:
        await writer.put(typed(talk, "4242 4242"))
        clock.passes(20)
        await writer.settle()
    finally:
        await writer.close()
    assert not digits("".join(await stored(talk)))
    assert not any(digits(screen) for screen in watcher.ever)
    assert (await numbers(talk))[0][3] == [{"kind": "custom", "count": 1}]


async def test_what_another_message_releases_is_masked_by_the_rules_of_that_one(
    talk: Talk, clock: Clock, watcher: Watcher
) -> None:
    async with process(watcher, clock) as writer:
        await writer.put(typed(talk, "4242 4242"))
        await writer.put(replace(typed(talk, "actually where has my parcel gone"), policy=NEWER))
    assert not digits("".join(await stored(talk)))


async def test_nothing_is_released_by_rules_that_cannot_be_read(talk: Talk, clock: Clock, watcher: Watcher) -> None:
    reads = 0

    async def read_policy(_: int) -> MaskingPolicy:
        nonlocal reads
        reads += 1
        if reads == 1:
            raise RuntimeError
        return POLICY

    writer = Writer(on_committed=watcher, clock=clock, read_policy=read_policy)
    try:
        await writer.put(typed(talk, "4242 4242"))
        clock.passes(20)
        await writer.settle()
        assert await stored(talk) == [HELD]
        clock.passes(2)
        await writer.settle()
    finally:
        await writer.close()
    assert await stored(talk) == ["4242 4242"]


async def test_the_timer_releases_by_itself(acme: House, clock: Clock, watcher: Watcher) -> None:
    """Whatever is held next sets it to the first that is due, and that is at once, since the clock has moved on."""
    talk, other = await sync_to_async(lambda: (acme.talk(), acme.talk()))()
    told = asyncio.Event()

    def tell(stored: Sequence[Stored]) -> None:
        watcher(stored)
        if watcher.revised:
            told.set()

    writer = Writer(on_committed=tell, clock=clock)
    try:
        await writer.put(typed(talk, "4242 4242"))
        clock.passes(25)
        await writer.put(typed(other, "4242 4242"))
        async with asyncio.timeout(20):
            await told.wait()
    finally:
        await writer.close()
    assert (await stored(talk), await stored(other)) == (["4242 4242"], [HELD])


async def test_an_ordinary_message_releases_at_once(talk: Talk, clock: Clock, watcher: Watcher) -> None:
    async with process(watcher, clock) as writer:
        await writer.put(typed(talk, "4242 4242"))
        await writer.put(typed(talk, "actually where has my parcel gone"))
    assert await stored(talk) == ["4242 4242", "actually where has my parcel gone"]


async def test_halves_of_two_sockets_in_one_turn_see_each_other(talk: Talk, clock: Clock, watcher: Watcher) -> None:
    async with process(watcher, clock) as writer:
        posted = await asyncio.gather(*(writer.put(typed(talk, text)) for text in ("4242", "4242", "4242 4242")))
    assert len(watcher.told) == 3, "one turn, and nobody saw anything that had to be revised"
    assert [one.message.text for one in posted] == ["••••", "••••", "•••• 4242"]
    assert await stored(talk) == ["••••", "••••", "•••• 4242"]
    assert [rev for _, rev, *_ in await numbers(talk)] == [1, 2, 3]


async def test_halves_taken_by_two_processes_are_joined(talk: Talk, clock: Clock, watcher: Watcher) -> None:
    async with process(watcher, clock) as one, process(watcher, clock) as other:
        await one.put(typed(talk, "4242"))
        await other.put(typed(talk, "42424242 4242"))
    assert await stored(talk) == ["••••", "•••••••• 4242"]


async def test_what_joins_a_message_that_another_process_holds_is_masked_at_once(
    talk: Talk, clock: Clock, watcher: Watcher
) -> None:
    async with process(watcher, clock) as one, process(watcher, clock) as other:
        await one.put(typed(talk, "4242 4242"))
        await other.put(typed(talk, "4242 4242"))
        assert await stored(talk) == [HELD, "•••• ••••"]
        clock.passes(20)
        await other.settle()
        assert await stored(talk) == [HELD, "•••• ••••"]
        await one.settle()
    assert all(sum(char.isdigit() for char in screen) <= 8 for screen in watcher.ever)
    assert (await stored(talk))[1] == "•••• ••••"


async def test_what_a_process_held_that_is_gone_stays_masked(talk: Talk, clock: Clock, watcher: Watcher) -> None:
    async with process(watcher, clock) as one:
        await one.put(typed(talk, "4242 4242"))
    async with process(watcher, clock) as other:
        clock.passes(30)
        await other.settle()
        await other.put(typed(talk, "actually where has my parcel gone"))
        await other.put(typed(talk, "4242"))
    assert await stored(talk) == [HELD, "actually where has my parcel gone", "••••"]


async def test_sent_again_it_is_acknowledged_as_it_stands_now(talk: Talk, clock: Clock, watcher: Watcher) -> None:
    order = typed(talk, "4242 4242")
    async with process(watcher, clock) as writer:
        await writer.put(order)
        again = await writer.put(order)
        assert (again.is_duplicate, again.message.text, again.message.rev) == (True, HELD, 1)
        await writer.put(typed(talk, "4242 4242"))
        again = await writer.put(order)
    assert (again.message.text, again.message.rev, len(await stored(talk))) == ("•••• ••••", 3, 2)


async def test_a_number_goes_on_from_a_conversation_that_ended_into_the_next(
    acme: House, clock: Clock, watcher: Watcher
) -> None:
    talk = await sync_to_async(acme.talk)()

    def end_and_begin() -> Talk:
        with tenant_scope(talk.tenant_id):
            Conversation.objects.filter(pk=talk.pk).update(status=Status.CLOSED.value)
        return acme.talk(of=talk)

    async with process(watcher, clock) as writer:
        await writer.put(typed(talk, "4242 42"))
        following = await sync_to_async(end_and_begin)()
        await writer.put(typed(following, "42 4242 4242"))
    assert (await stored(talk), await stored(following)) == (["•••• ••"], ["•• •••• 4242"])
    assert watcher.revised == [("•••• ••", "masked")]


async def test_half_a_number_waits_while_the_conversation_with_the_other_half_is_locked(
    acme: House, clock: Clock, watcher: Watcher
) -> None:
    """As by re-masking, which holds it for longer than the writer waits: judged without the other half it would be shown."""
    talk = await sync_to_async(acme.talk)()

    def end_and_begin() -> Talk:
        with tenant_scope(talk.tenant_id):
            Conversation.objects.filter(pk=talk.pk).update(status=Status.CLOSED.value)
        return acme.talk(of=talk)

    writer = Writer(on_committed=watcher, clock=clock, bounds=Bounds(give_up_after=0.3))
    try:
        await writer.put(typed(talk, "4242 4242"))
        following = await sync_to_async(end_and_begin)()
        order = typed(following, "4242 4242")
        async with await psycopg.AsyncConnection.connect(default_conninfo()) as other:
            await other.execute("SELECT set_config('app.tenant_id', %s, true)", [str(talk.tenant_id)])
            await other.execute("SELECT 1 FROM chat_conversation WHERE id = %s FOR UPDATE", [talk.pk])
            agents = writer.put(post(following, "hello", talk.agent))
            half, hello = await asyncio.gather(writer.put(order), agents, return_exceptions=True)
            assert isinstance(half, Unavailable)
            assert isinstance(hello, Posted), "who is joined with nothing does not wait"
        await writer.put(order)
    finally:
        await writer.close()
    assert (await stored(talk), await stored(following)) == (["•••• ••••"], ["hello", "•••• 4242"])


async def test_a_question_of_the_agents_is_context_and_his_numbers_are_not_joined(
    talk: Talk, clock: Clock, watcher: Watcher
) -> None:
    async with process(watcher, clock) as writer:
        await writer.put(post(talk, "what is your social?", talk.agent))
        await writer.put(post(talk, "4242 4242", talk.agent))
        await writer.put(typed(talk, "123"))
        await writer.put(typed(talk, "45"))
        await writer.put(post(talk, "he gave 123", talk.note))
        await writer.put(typed(talk, "6789"))
    assert await stored(talk) == ["what is your social?", "4242 4242", "•••", "••", "he gave 123", "••••"]


async def test_another_visitors_numbers_are_not_joined(acme: House, clock: Clock, watcher: Watcher) -> None:
    one, other = await sync_to_async(lambda: (acme.talk(), acme.talk("Victor")))()
    async with process(watcher, clock) as writer:
        await asyncio.gather(writer.put(typed(one, "424242")), writer.put(typed(other, "4242")))
    assert (await stored(one), await stored(other)) == (["424242"], ["4242"])


async def test_what_is_released_in_a_conversation_that_ended_is_still_released(
    talk: Talk, clock: Clock, watcher: Watcher
) -> None:
    def end() -> None:
        with tenant_scope(talk.tenant_id):
            Conversation.objects.filter(pk=talk.pk).update(status=Status.CLOSED.value)

    async with process(watcher, clock) as writer:
        await writer.put(typed(talk, "4242 4242"))
        await sync_to_async(end)()
        clock.passes(20)
        await writer.settle()
    assert await stored(talk) == ["4242 4242"]


async def test_an_agents_numbers_are_not_joined_with_the_visitors_beside_them(
    talk: Talk, clock: Clock, watcher: Watcher
) -> None:
    agent = Author(AuthorKind.AGENT, talk.agent.id, "Alice")
    async with process(watcher, clock) as writer:
        await asyncio.gather(writer.put(typed(talk, "4242")), writer.put(typed(talk, "4242 4242 4242", author=agent)))
    assert await stored(talk) == ["4242", "4242 4242 4242"]


async def test_what_another_process_has_masked_of_it_keeps_the_rest_from_being_released(
    talk: Talk, clock: Clock, watcher: Watcher
) -> None:
    async with process(watcher, clock) as one, process(watcher, clock) as other:
        await one.put(typed(talk, "4242 4242"))
        await other.put(typed(talk, "42"))
        await one.put(typed(talk, "4242"))
        clock.passes(20)
        await one.settle()
        await one.put(typed(talk, "42"))
        clock.passes(20)
        await one.settle()
    assert len(digits("".join(await stored(talk)))) <= 6
    assert all(len(digits(screen)) <= 6 for screen in watcher.ever)


async def test_a_hold_whose_commit_was_not_confirmed_is_released_all_the_same(
    talk: Talk, clock: Clock, watcher: Watcher, tmp_path_factory: pytest.TempPathFactory
) -> None:
    wire = LossyWire(tmp_path_factory.mktemp("w"))
    async with wire.conninfo() as conninfo, process(watcher, clock, conninfo) as writer:
        await writer.put(typed(talk, "4242 4242"))
        assert wire.losses == 1
        clock.passes(20)
        await writer.settle()
    assert await stored(talk) == ["4242 4242"]


@pytest.mark.parametrize("seed", range(24))
async def test_however_a_card_is_cut_no_agent_ever_sees_more_than_its_first_six_digits(
    talk: Talk, clock: Clock, watcher: Watcher, seed: int
) -> None:
    """Over one process or two; the rest is seen by nobody, at no time, and stored nowhere."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    text = written(chance, card(chance))
    cuts = [0, *sorted(chance.sample(range(1, len(text)), chance.randint(1, 7))), len(text)]
    pieces = [text[begin:end] for begin, end in pairwise(cuts) if digits(text[begin:end])]
    async with process(watcher, clock) as one, process(watcher, clock) as other:
        for number, piece in enumerate(pieces):
            writer = other if seed % 2 and chance.random() < 0.5 else one
            await writer.put(typed(talk, piece))
            if chance.random() < 0.3:
                await writer.put(post(talk, "go on please", talk.agent))
            clock.passes(3)
            before_the_last = number < len(pieces) - 1
            assert len(digits(watcher.ever[-1])) <= (6 if before_the_last else 10), (pieces, watcher.ever)
        clock.passes(30)
        for writer in (one, other):
            await writer.settle()
    assert len(digits("".join(await stored(talk)))) <= (6 if seed % 2 else 4), (pieces, await stored(talk))
    assert all(len(digits(screen)) <= 6 for screen in watcher.ever), (pieces, watcher.ever)
