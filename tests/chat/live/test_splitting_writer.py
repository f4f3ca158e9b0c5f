"""Numbers split over several messages, through the writer: stored rows, what is told, two writers on one database, time as it passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from chat import sealing
from chat.live.protocol.shapes import Author, AuthorKind
from chat.live.writer import Post, Posted, Revised, Stored, Writer
from chat.models import Conversation, Status
from security.masking import MaskingPolicy
from security.scoping import tenant_scope
from tests.chat.conversations import House, Talk

from .writing import post, rows

HELD = "•••• (checking…)"
POLICY = MaskingPolicy()


@dataclass(slots=True)
class Clock:
    """Time as the writers see it; a little ahead of the rows' that a test begins with."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1))

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True)
class Watcher:
    """What an agent's screen shows, and everything that it ever showed. Writers tell it as they tell the fan-out."""

    shown: dict[object, str] = field(default_factory=dict)
    ever: list[str] = field(default_factory=list)
    told: list[Stored] = field(default_factory=list)

    def __call__(self, stored: Sequence[Stored]) -> None:
        for one in stored:
            message = one.message if isinstance(one, Posted) else one
            self.shown[message.id] = str(message.text)
            self.told.append(one)
        self.ever.append(" | ".join(self.shown.values()))

    @property
    def revised(self) -> list[tuple[str, str]]:
        return [(str(one.text), one.reason) for one in self.told if isinstance(one, Revised)]


@asynccontextmanager
async def process(watcher: Watcher, clock: Clock) -> AsyncIterator[Writer]:
    """A server process's writer."""
    writer = Writer(on_committed=watcher, clock=clock)
    try:
        yield writer
    finally:
        await writer.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


def typed(talk: Talk, text: str, **changes: object) -> Post:
    return post(talk, text, policy=POLICY, **changes)


@sync_to_async
def stored(talk: Talk) -> list[str]:
    with tenant_scope(talk.tenant_id):
        return [str(sealing.open_message(row, conversation=talk.public_id)) for row in rows(talk)]


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


async def test_nobody_is_a_visitor_by_the_kind_of_another(talk: Talk, clock: Clock, watcher: Watcher) -> None:
    agent = Author(AuthorKind.AGENT, talk.agent.id, "Alice")
    async with process(watcher, clock) as writer:
        await writer.put(typed(talk, "4242 4242", author=agent))
    assert await stored(talk) == ["4242 4242"]
