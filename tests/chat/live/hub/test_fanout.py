"""Several processes' hubs over a real Valkey, which is killed, frozen and started again."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import redis

from chat.live.hub import Announcer, Event, Hub, RoomName, Side, rooms
from chatplatform.embedded.folders import fresh_runtime
from chatplatform.embedded.valkey import Valkey
from tests.chat.live.hub.cast import ACME, RIVAL, Listener, Store, TenantSealer, message, passing


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    """A Valkey of this module's own, since it is killed."""
    runtime = fresh_runtime("")
    folder = Path(tempfile.mkdtemp(prefix="chatplatform-hub-"))
    valkey = Valkey(folder / "valkey", runtime, folder / "valkey.log")
    try:
        valkey.start()
        yield valkey
    finally:
        valkey.stop()
        runtime.remove()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def valkey(server: Valkey) -> Valkey:
    """The server, running again if a test killed it."""
    if server.process is None or server.process.poll() is not None:
        server.start()
    return server


class Cluster:
    """Hubs of several processes with one database and one Valkey."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = Store()
        self.sealer = TenantSealer()
        self.hubs: list[Hub] = []

    async def hub(self, *, check_every: float = 60.0, poll_every: float = 60.0) -> Hub:
        """One more process, connected."""
        hub = Hub(
            self.url, sealer=self.sealer, truth=self.store, poll_every=poll_every, check_every=check_every, grace=0.01
        )
        self.hubs.append(hub)
        await hub.start()
        await until(lambda: hub.is_connected and hub._publisher._connection is not None and not hub._repair._tasks)
        return hub

    def post(self, hub: Hub, conversation: UUID, event: Event, **sender: object) -> None:
        """Store, then tell, as the writer does."""
        self.store.add(ACME, conversation, event)
        hub.publish(ACME, rooms.conversation(conversation), event, **sender)


@pytest.fixture
async def cluster(valkey: Valkey) -> AsyncIterator[Cluster]:
    found = Cluster(valkey.url())
    yield found
    before = asyncio.all_tasks()
    for hub in found.hubs:
        await hub.stop()
    assert len(asyncio.all_tasks()) <= len(before)
    assert all(hub._repair._tasks == set() for hub in found.hubs)


async def until(condition: Callable[[], bool], within: float = 30.0) -> None:
    """Wait for something that no event tells: a connection's state inside a hub."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def enter(hub: Hub, name: RoomName, rev: int = 0, **who: object) -> Listener:
    listener = Listener(**who)
    (await hub.join(name, listener.member)).go_live(rev)
    return listener


def in_thread(work: Callable[[], object]) -> Awaitable[object]:
    return asyncio.to_thread(work)


def signal_server(valkey: Valkey, number: signal.Signals) -> None:
    """Signal the server itself, not the process that guards it."""
    with redis.Redis.from_url(valkey.url()) as client:
        os.kill(int(client.info("server")["process_id"]), number)


async def kill(valkey: Valkey) -> None:
    assert valkey.process is not None
    await in_thread(lambda: signal_server(valkey, signal.SIGKILL))
    await in_thread(valkey.process.wait)


async def test_members_in_every_process_get_each_message_once_and_in_order(cluster: Cluster) -> None:
    one, two, three = [await cluster.hub() for _ in range(3)]
    conversation = uuid4()
    listeners = [await enter(hub, rooms.conversation(conversation)) for hub in (one, one, two, three)]
    for rev in range(1, 301):
        cluster.post((one, two)[rev % 2], conversation, message(rev))
        if rev % 50 == 0:
            await asyncio.sleep(0)
    for listener in listeners:
        await listener.until(*[f"m{rev}" for rev in range(1, 301)])


async def test_a_burst_of_a_thousand_loses_nothing(cluster: Cluster) -> None:
    one, two = await cluster.hub(), await cluster.hub()
    conversation = uuid4()
    far = await enter(two, rooms.conversation(conversation))
    near = await enter(one, rooms.conversation(conversation))
    for rev in range(1, 1_001):
        cluster.post(one, conversation, message(rev))
    assert len(near.got) == 1_000
    await far.until(*[f"m{rev}" for rev in range(1, 1_001)])
    assert cluster.store.asked == []


async def test_the_sending_socket_gets_its_acknowledgement_and_the_others_their_variant(cluster: Cluster) -> None:
    one, two = await cluster.hub(), await cluster.hub()
    conversation = uuid4()
    name = rooms.conversation(conversation)
    vera = await enter(one, name, side=Side.VISITOR, key="visitor:vera")
    tab = await enter(two, name, side=Side.VISITOR, key="visitor:vera")
    alice = await enter(two, name)
    event = message(1, own=b"own", visitor=b"visitors", author="visitor:vera")
    cluster.post(one, conversation, event, sender=vera.member, ack=b"ack")
    assert vera.got == ["ack"]
    await tab.until("own")
    await alice.until("m1")
    assert vera.got == ["ack"]


async def test_a_message_that_never_arrived_is_read_from_the_database(cluster: Cluster) -> None:
    one, two = await cluster.hub(), await cluster.hub()
    conversation = uuid4()
    alice = await enter(two, rooms.conversation(conversation))
    cluster.store.add(ACME, conversation, message(1))
    cluster.post(one, conversation, message(2))
    await alice.until("m1", "m2")
    assert cluster.store.asked == [(conversation, 0)]


async def test_a_gap_stays_open_until_the_database_answers(cluster: Cluster) -> None:
    one, two = await cluster.hub(), await cluster.hub()
    conversation = uuid4()
    alice = await enter(two, rooms.conversation(conversation))
    cluster.store.broken = True
    cluster.store.add(ACME, conversation, message(1))
    cluster.post(one, conversation, message(2))
    await until(lambda: len(cluster.store.asked) >= 1)
    assert alice.got == []
    cluster.store.broken = False
    await alice.until("m1", "m2")


async def test_what_a_killed_process_stored_and_never_told_is_found(cluster: Cluster) -> None:
    hub = await cluster.hub(check_every=0.05)
    conversation = uuid4()
    alice = await enter(hub, rooms.conversation(conversation))
    cluster.store.add(ACME, conversation, message(1))
    await alice.until("m1")


async def test_valkey_killed_loses_no_message_and_closes_no_socket(cluster: Cluster, valkey: Valkey) -> None:
    one, two = [await cluster.hub(poll_every=0.05) for _ in range(2)]
    conversation = uuid4()
    name = rooms.conversation(conversation)
    near, far = await enter(one, name), await enter(two, name)
    cluster.post(one, conversation, message(1))
    await far.until("m1")

    await kill(valkey)
    await until(lambda: not one.is_connected and not two.is_connected)
    for rev in range(2, 6):
        cluster.post(one, conversation, message(rev))
    assert near.got == ["m1", "m2", "m3", "m4", "m5"]
    await far.until("m1", "m2", "m3", "m4", "m5")
    late = await enter(two, name, rev=5)

    valkey.start()  # in this thread: the server ends with the thread that started it
    await until(lambda: one.is_connected and two.is_connected)
    cluster.post(two, conversation, message(6))
    for listener in (near, far):
        await listener.until("m1", "m2", "m3", "m4", "m5", "m6")
    await late.until("m6")
    assert near.failed == far.failed == late.failed == 0


async def test_messages_stored_while_only_the_sender_was_cut_off_arrive_by_a_hint(cluster: Cluster) -> None:
    one, two = await cluster.hub(), await cluster.hub()
    conversation = uuid4()
    far = await enter(two, rooms.conversation(conversation))
    connection, one._publisher._connection = one._publisher._connection, None
    cluster.post(one, conversation, message(1))
    cluster.post(one, conversation, message(2))
    one._publisher._connection = connection
    await far.until("m1", "m2")
    assert cluster.store.asked == [(conversation, 0)]


async def test_rooms_without_order_are_told_the_present_state_after_an_outage(cluster: Cluster, valkey: Valkey) -> None:
    hub = await cluster.hub()
    alice = await enter(hub, rooms.agents(ACME))
    vera = await enter(hub, rooms.visitor(uuid4()), side=Side.VISITOR)
    assert alice.got == []
    cluster.store.states[rooms.agents(ACME)] = [passing("the queue")]
    await kill(valkey)
    await until(lambda: not hub.is_connected)
    valkey.start()  # in this thread: the server ends with the thread that started it
    await alice.until("the queue")
    assert vera.got == []


async def test_a_frozen_valkey_counts_as_away(cluster: Cluster, valkey: Valkey) -> None:
    one, two = [await cluster.hub(poll_every=0.05) for _ in range(2)]
    conversation = uuid4()
    far = await enter(two, rooms.conversation(conversation))
    with redis.Redis.from_url(valkey.url()) as client:
        pid = int(client.info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        await until(lambda: not two.is_connected)
        cluster.post(one, conversation, message(1))
        await far.until("m1")
    finally:
        os.kill(pid, signal.SIGCONT)
    await until(lambda: two.is_connected)


async def test_a_join_that_is_given_up_leaves_nothing_behind(cluster: Cluster) -> None:
    hub, conversation = await cluster.hub(), uuid4()
    name = rooms.conversation(conversation)
    joining = asyncio.create_task(hub.join(name, (given_up := Listener()).member))
    await asyncio.sleep(0)  # it waits for Valkey to confirm the room now
    assert [place.room for room in hub._rooms.values() for place in room.places.values()] == [name]
    joining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joining
    assert hub._rooms == {}
    assert hub._subscriber._wanted == set()

    other = asyncio.create_task(hub.join(name, (stays := Listener()).member))
    joining = asyncio.create_task(hub.join(name, given_up.member))
    await asyncio.sleep(0)
    joining.cancel()
    (await other).go_live()
    cluster.post(hub, conversation, message(1))
    assert (stays.got, given_up.got) == (["m1"], []), "Who joins beside it stays"


async def test_a_room_is_subscribed_only_while_it_has_members(cluster: Cluster, valkey: Valkey) -> None:
    hub = await cluster.hub()
    names = [rooms.visitor(uuid4()) for _ in range(3)]
    listeners = [await enter(hub, name) for name in names]

    def subscribed() -> int:
        with redis.Redis.from_url(valkey.url()) as client:
            return len(client.pubsub_channels("chat:*"))

    assert await in_thread(subscribed) == 3
    for name, listener in zip(names, listeners, strict=True):
        hub.leave(name, listener.member)
        hub.leave(name, listener.member)
    await until(lambda: not hub._subscriber._asked)
    async with asyncio.timeout(10):
        while await in_thread(subscribed):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not hub._rooms


async def test_tenants_never_meet(cluster: Cluster) -> None:
    one, two = await cluster.hub(), await cluster.hub()
    conversation = uuid4()
    name = rooms.conversation(conversation)
    intruders = [await enter(hub, name, tenant_id=RIVAL) for hub in (one, two)]
    alice, bob = await enter(one, name), await enter(two, name)
    cluster.post(one, conversation, message(1))
    one.publish(RIVAL, name, passing("theirs"))
    for listener in (alice, bob):
        await listener.until("m1")
    for listener in intruders:
        await listener.until("theirs")
    for hub, intruder in zip((one, two), intruders, strict=True):
        hub.leave(name, intruder.member)
    cluster.post(two, conversation, message(2))
    for listener in (alice, bob):
        await listener.until("m1", "m2")
    assert one.unreadable == two.unreadable == 0


async def test_an_envelope_of_one_tenant_in_anothers_channel_is_noise(cluster: Cluster, valkey: Valkey) -> None:
    hub = await cluster.hub()
    name = rooms.conversation(uuid4())
    mallory = await enter(hub, name, tenant_id=RIVAL)

    def replay() -> None:
        with redis.Redis.from_url(valkey.url()) as client:
            client.publish(f"chat:{RIVAL}:{name}", b"12345678" + cluster.sealer.seal(ACME, name, b"[1,1]"))

    await in_thread(replay)
    await until(lambda: hub.unreadable == 1)
    assert mallory.got == []


async def test_a_hint_that_waits_is_its_tenants(cluster: Cluster) -> None:
    one, two = await cluster.hub(), await cluster.hub()
    conversation = uuid4()
    alice = await enter(two, rooms.conversation(conversation))
    connection, one._publisher._connection = one._publisher._connection, None
    cluster.post(one, conversation, message(1))
    one.hint(RIVAL, conversation, 99)
    one._publisher._connection = connection
    await alice.until("m1")
    assert cluster.store.asked == [(conversation, 0)]


async def test_what_is_forged_in_valkey_is_dropped(cluster: Cluster, valkey: Valkey) -> None:
    hub = await cluster.hub()
    name = rooms.agents(ACME)
    alice = await enter(hub, name)
    other = rooms.agents(RIVAL)

    def forge() -> None:
        with redis.Redis.from_url(valkey.url()) as client:
            for blob in (b"", b"x" * 100, b"12345678" + cluster.sealer.seal(ACME, other, b"[1,1]")):
                client.publish(f"chat:{ACME}:{name}", blob)

    await in_thread(forge)
    await until(lambda: hub.unreadable == 3)
    assert alice.got == []


async def test_a_process_without_sockets_announces(cluster: Cluster, valkey: Valkey) -> None:
    hub = await cluster.hub()
    conversation = uuid4()
    alice = await enter(hub, rooms.agents(ACME))
    bob = await enter(hub, rooms.conversation(conversation))
    cluster.store.add(ACME, conversation, message(1))

    def announce(url: str) -> None:
        with redis.Redis.from_url(url) as client:
            announcer = Announcer(client, cluster.sealer, "chat:")
            announcer.announce(ACME, rooms.agents(ACME), passing("news"))
            announcer.hint(ACME, conversation, 1)

    await in_thread(lambda: announce(valkey.url()))
    await alice.until("news")
    await bob.until("m1")
    await in_thread(lambda: announce("unix:///nonexistent/valkey.sock"))


async def test_a_hub_belongs_to_one_loop(cluster: Cluster) -> None:
    hub = await cluster.hub()
    with pytest.raises(RuntimeError, match="runs already"):
        await hub.start()

    async def elsewhere() -> None:
        hub.publish(ACME, rooms.agents(ACME), passing("x"))

    with pytest.raises(RuntimeError, match="another event loop"):
        await in_thread(lambda: asyncio.run(elsewhere()))
