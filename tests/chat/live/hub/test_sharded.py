"""Two real Valkeys under two processes: each organisation's events go through one of them, and a lost one concerns its own alone."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import redis
from pytest_django import Settings

from chat import events
from chat.live.hub import Hub, ShardedHub, rooms
from chat.live.hub.sharded import place_of, shard_of
from chatplatform.embedded.folders import fresh_runtime
from chatplatform.embedded.valkey import Valkey
from tests.chat.live.hub.cast import Listener, Store, TenantSealer, message

PLACES = ("redis://one:6379/0?", "redis://two:6379/0?", "redis://three:6379/0?")
TENANTS = range(1, 3_001)


def test_organisations_are_divided_evenly_and_alike_in_every_process() -> None:
    drawn = [shard_of(tenant, PLACES) for tenant in TENANTS]
    assert all(900 < drawn.count(number) < 1_100 for number in range(len(PLACES)))
    backwards = tuple(reversed(PLACES))
    assert [backwards[shard_of(tenant, backwards)] for tenant in TENANTS] == [PLACES[number] for number in drawn]


def test_a_valkey_more_takes_its_share_and_moves_nothing_else() -> None:
    before = {tenant: shard_of(tenant, PLACES[:2]) for tenant in TENANTS}
    moved = {tenant: shard_of(tenant, PLACES) for tenant in TENANTS if shard_of(tenant, PLACES) != before[tenant]}
    assert set(moved.values()) == {2}
    assert 900 < len(moved) < 1_100


def test_a_new_password_moves_nobody() -> None:
    assert place_of("rediss://:old@cache:6379/0") == place_of("rediss://chat:new@cache:6379/0")
    assert place_of("unix:///a.sock?db=1") != place_of("unix:///a.sock?db=2")


def test_processes_without_a_hub_announce_to_the_same_one(settings: Settings) -> None:
    settings.REDIS_URLS = ["unix:///one.sock?db=0", "unix:///two.sock?db=0"]
    places = tuple(place_of(url) for url in settings.REDIS_URLS)
    for tenant in (1, 2, 3, 4, 5, 6):
        client = events._announcer(tenant)._client
        assert isinstance(client, redis.Redis)
        assert f"unix://{client.connection_pool.connection_kwargs['path']}?db=0" == places[shard_of(tenant, places)]


@pytest.fixture(scope="module")
def valkeys() -> Iterator[list[Valkey]]:
    """Two of this module's own, since one is killed."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="chatplatform-shards-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        made = []
        for name in ("one", "two"):
            runtime = fresh_runtime("")
            stack.callback(runtime.remove)
            valkey = Valkey(folder / name, runtime, folder / f"{name}.log")
            stack.callback(valkey.stop)
            valkey.start()
            made.append(valkey)
        yield made


class Processes:
    """Two of them with one database, and an organisation on each Valkey."""

    def __init__(self, urls: list[str]) -> None:
        self.store, self.sealer = Store(), TenantSealer()
        self.hubs = [ShardedHub(urls, self._hub) for _ in range(2)]
        places = tuple(place_of(url) for url in urls)
        self.acme = next(tenant for tenant in TENANTS if shard_of(tenant, places) == 0)
        self.rival = next(tenant for tenant in TENANTS if shard_of(tenant, places) == 1)

    def _hub(self, url: str) -> Hub:
        return Hub(url, sealer=self.sealer, truth=self.store, poll_every=0.05, check_every=60.0, grace=0.01)

    async def listen(self, tenant: int) -> tuple[UUID, Listener]:
        """Somebody in the second process reads a conversation."""
        conversation, listener = uuid4(), Listener(tenant_id=tenant)
        (await self.hubs[1].join(rooms.conversation(conversation), listener.member)).go_live(0)
        return conversation, listener

    def post(self, tenant: int, conversation: UUID, rev: int) -> None:
        """Somebody in the first process writes: stored, then told."""
        event = message(rev)
        self.store.add(tenant, conversation, event)
        self.hubs[0].publish(tenant, rooms.conversation(conversation), event)


@pytest.fixture
async def processes(valkeys: list[Valkey]) -> AsyncIterator[Processes]:
    found = Processes([valkey.url() for valkey in valkeys])
    for hub in found.hubs:
        await hub.start()
    await until_connected(found)
    yield found
    for hub in found.hubs:
        await hub.stop()


async def until_connected(processes: Processes) -> None:
    async with asyncio.timeout(30):
        while not all(  # noqa: ASYNC110 - a connection's state inside a hub, of which no event tells
            one.is_connected and one._publisher._connection is not None for hub in processes.hubs for one in hub._hubs
        ):
            await asyncio.sleep(0.005)


async def test_a_valkey_that_is_lost_concerns_its_own_organisations_alone(
    processes: Processes, valkeys: list[Valkey]
) -> None:
    (ours, alice), (theirs, max_) = await processes.listen(processes.acme), await processes.listen(processes.rival)
    processes.post(processes.acme, ours, 1)
    processes.post(processes.rival, theirs, 1)
    await asyncio.gather(alice.until("m1"), max_.until("m1"))
    assert [channels(valkey) for valkey in valkeys] == [{ours}, {theirs}], "Each speaks of its own organisation alone"

    second = valkeys[1]
    assert second.process is not None
    second.process.kill()
    await asyncio.to_thread(second.process.wait)
    processes.store.asked.clear()
    processes.post(processes.acme, ours, 2)
    await alice.until("m1", "m2")
    assert ours not in {asked for asked, _ in processes.store.asked}, "It came by Valkey, not from the database"
    processes.post(processes.rival, theirs, 2)
    await max_.until("m1", "m2")
    assert theirs in {asked for asked, _ in processes.store.asked}, "It was found in the database"
    assert (alice.failed, max_.failed) == (0, 0), "Nobody's socket was closed"
    assert not processes.hubs[1].is_connected

    await asyncio.to_thread(second.start)
    await until_connected(processes)
    processes.post(processes.rival, theirs, 3)
    await max_.until("m1", "m2", "m3")


def channels(valkey: Valkey) -> set[UUID]:
    """The conversations that somebody listens to there."""
    with redis.Redis.from_url(valkey.url()) as client:
        return {UUID(name.decode().rpartition(":")[2]) for name in client.pubsub_channels()}
