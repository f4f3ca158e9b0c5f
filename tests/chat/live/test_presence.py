"""Agents with a socket: how long they keep their conversations without one, and whose rows are renewed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from chat import events
from chat.live.consumers import AgentConsumer
from chat.live.hub import Event, RoomName
from chat.live.presence import PresenceKeeper
from chat.live.runtime import Live, live, stop_live
from chat.live.work import in_scope, unscoped
from chat.models import Conversation, Presence, Status, Visitor
from chat.services import assignment
from security.crypto import keyring
from security.models import KeySubject
from security.sockets.codes import CloseCode
from tenants.models import Site
from tests import cast
from tests.cast import Organisation
from tests.security.sockets.wire import Wire
from tests.services import session

from .sockets import Door
from .test_conversation import talking

MINUTE = assignment.GONE_AFTER
MOMENT = timedelta(seconds=1)
LONG_AGO = timedelta(minutes=10)


@pytest.fixture
def acme(committed_db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


def long_open(of: Organisation, agent: str) -> UUID:
    """A conversation that this agent has had for ten minutes; inside the scope."""
    site = Site.objects.get()
    found = Conversation.objects.create(
        site=site,
        visitor=Visitor.objects.create(site=site),
        status=Status.OPEN.value,
        assigned_to=of.member(agent),
        assigned_at=timezone.now() - LONG_AGO,
    )
    keyring.data_key(KeySubject.CONVERSATION, found.public_id)
    return found.public_id


async def seen(of: Organisation, *names: str) -> list[datetime]:
    """When each was seen last."""

    def read() -> list[datetime]:
        return [Presence.objects.get(membership=of.member(name)).seen_at for name in names]

    return await in_scope(of.tenant_id, read)


async def seen_earlier(of: Organisation, by: timedelta) -> None:
    """Let time pass for everybody who is there."""

    def move() -> int:
        return Presence.objects.update(seen_at=timezone.now() - by)

    await in_scope(of.tenant_id, move)


async def stranded(of: Organisation, at: datetime) -> list[UUID]:
    return await in_scope(of.tenant_id, assignment.return_stranded, now=at)


@asynccontextmanager
async def renewing(keeper: PresenceKeeper) -> AsyncIterator[Callable[[], asyncio.Future[list[str]]]]:
    """The keeper's loop runs; what is yielded waits for the next time that colleagues are told, and who then was there."""
    loop = asyncio.get_running_loop()
    waiting: list[asyncio.Future[list[str]]] = []

    def told(tenant_id: int, room: RoomName, event: Event) -> None:
        names = [entry["name"] for entry in json.loads(event.everyone)["agents"]]
        for future in waiting:
            loop.call_soon_threadsafe(lambda future=future: future.done() or future.set_result(names))

    def next_one() -> asyncio.Future[list[str]]:
        waiting.append(loop.create_future())
        return waiting[-1]

    undo, running = events.attach(told), asyncio.create_task(keeper.run())
    try:
        yield next_one
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        undo()


async def test_who_leaves_keeps_his_conversations_for_a_minute(acme: Organisation) -> None:
    keeper, alice = PresenceKeeper(uuid4()), await unscoped(acme.member, "alice")
    conversation = await in_scope(acme.tenant_id, long_open, acme, "alice")
    await keeper.enter(acme.tenant_id, alice.pk)
    await seen_earlier(acme, MINUTE - MOMENT)  # she was seen just before the next renewal would have come
    await keeper.leave(acme.tenant_id, alice.pk)
    (left_at,) = await seen(acme, "alice")
    assert timezone.now() - left_at < MINUTE / 2, "The minute runs from when she left"
    assert await stranded(acme, left_at + MINUTE - MOMENT) == []
    assert await stranded(acme, left_at + MINUTE + MOMENT) == [conversation]


async def test_who_comes_back_in_time_keeps_them(acme: Organisation) -> None:
    keeper, alice = PresenceKeeper(uuid4()), await unscoped(acme.member, "alice")
    await in_scope(acme.tenant_id, long_open, acme, "alice")
    await keeper.enter(acme.tenant_id, alice.pk)
    await keeper.leave(acme.tenant_id, alice.pk)
    await seen_earlier(acme, MINUTE - MOMENT)
    await PresenceKeeper(uuid4()).enter(acme.tenant_id, alice.pk)  # another process answers her
    assert await stranded(acme, timezone.now() + MOMENT * 2) == []


async def test_the_minute_begins_with_the_last_socket(acme: Organisation) -> None:
    keeper, alice = PresenceKeeper(uuid4()), await unscoped(acme.member, "alice")
    for _ in range(2):
        await keeper.enter(acme.tenant_id, alice.pk)
    await seen_earlier(acme, LONG_AGO)
    await keeper.leave(acme.tenant_id, alice.pk)
    assert timezone.now() - (await seen(acme, "alice"))[0] >= LONG_AGO, "Her other console is renewed, not left"
    await keeper.leave(acme.tenant_id, alice.pk)
    assert timezone.now() - (await seen(acme, "alice"))[0] < MINUTE
    await keeper.leave(acme.tenant_id, alice.pk)  # once too often does no harm
    await keeper.enter(acme.tenant_id, alice.pk)


async def test_renewing_is_for_those_who_are_there(acme: Organisation) -> None:
    keeper = PresenceKeeper(uuid4(), renew_every=timedelta(milliseconds=20))
    alice, bob = [await unscoped(acme.member, name) for name in ("alice", "bob")]
    for member in (alice, bob):
        await keeper.enter(acme.tenant_id, member.pk)
    await keeper.leave(acme.tenant_id, alice.pk)
    await seen_earlier(acme, MINUTE - MOMENT * 10)
    async with renewing(keeper) as told, asyncio.timeout(10):
        while timezone.now() - (await seen(acme, "bob"))[0] > MOMENT * 10:
            assert await told() == ["Alice", "Bob"]
    gone, here = await seen(acme, "alice", "bob")
    assert here - gone > MINUTE / 2, "Whoever left is neither renewed nor forgotten: his minute runs on"


async def test_one_tenants_failure_is_its_own(acme: Organisation) -> None:
    keeper = PresenceKeeper(uuid4(), renew_every=timedelta(milliseconds=20))
    with pytest.raises(IntegrityError):
        await keeper.enter(2**40, 1)  # an organisation that is no more
    alice = await unscoped(acme.member, "alice")
    await keeper.enter(acme.tenant_id, alice.pk)
    await seen_earlier(acme, LONG_AGO)
    async with renewing(keeper) as told, asyncio.timeout(10):
        assert await told() == ["Alice"]
        assert await told() == ["Alice"], "It goes on"


@contextmanager
def nobody_can_be_counted() -> Iterator[None]:
    """The table of presence is held: whoever wants it waits for two seconds, and fails."""
    server, database = session.current()
    with server.superuser(database) as other, other.transaction():
        other.execute("LOCK TABLE chat_presence IN ACCESS EXCLUSIVE MODE")
        yield


async def test_a_console_that_could_not_be_counted_is_counted_off(door: Door, acme_live: Organisation) -> None:
    session_key = await unscoped(acme_live.session, "alice")
    with nobody_can_be_counted():
        assert await (await door.staff(session_key)).closed() == CloseCode.RESTARTING
    alice = await door.agent(acme_live, "alice")
    assert [entry["name"] for entry in alice.of("agents")[0]["agents"]] == ["Alice"], "Her first socket is renewed"


def rooms_of(parts: Live) -> int:
    return sum(len(hub._rooms) for hub in parts.hub._hubs)


def consoles(parts: Live) -> list[AgentConsumer]:
    return [entry for entry in parts.registry.sockets() if isinstance(entry, AgentConsumer)]


async def test_a_console_that_cannot_be_counted_off_leaves_its_rooms(acme: Organisation) -> None:
    cookie = f"{settings.SESSION_COOKIE_NAME}={await unscoped(acme.session, 'alice')}"
    console = Wire(AgentConsumer.as_asgi(), headers=[(b"cookie", cookie.encode())])
    try:
        console.say('{"type": "hello"}')
        await console.until(lambda: any('"agents"' in text for text in console.texts))
        parts = await live()
        assert (rooms_of(parts), len(consoles(parts)), len(parts.seats._taken)) == (2, 1, 1)
        with nobody_can_be_counted():
            await console.leave()
        assert (rooms_of(parts), len(consoles(parts)), len(parts.seats._taken)) == (0, 0, 0)
    finally:
        await stop_live()


async def test_a_reconnect_over_the_real_server_keeps_the_conversation(door: Door, acme_live: Organisation) -> None:
    _, alice, conversation = await talking(door, acme_live)
    await alice.connection.close()
    again = await door.agent(acme_live, "alice", open={conversation: [0, 0]})
    assert await stranded(acme_live, timezone.now() + MINUTE - MOMENT) == []
    await again.say("I am back", conversation=conversation)
