"""What one server process shares among its sockets: hub, writer, registry of revocations, presence.

It belongs to an event loop and starts with the first socket, since neither daphne nor Channels' router tells an application that the loop runs.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from contextvars import Context
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.utils import timezone

from chat import events
from chat.live import stages
from chat.live.figures import Figures
from chat.live.hub import Event, Hub, RoomName, ShardedHub
from chat.live.limits import ChatLimits, chat_limits
from chat.live.openings import Openings
from chat.live.positions import Positions
from chat.live.presence import PresenceKeeper
from chat.live.previews import Previews
from chat.live.reaches import Reaches
from chat.live.registry import Registry, listener
from chat.live.rules import RulesKeeper, read_policy
from chat.live.sealing import KEPT_FOR, TenantSealer
from chat.live.states import States
from chat.live.told import tell
from chat.live.truth import DatabaseTruth
from chat.live.work import in_scope, unscoped
from chat.live.writer import Posted, Stored, Writer
from chat.services import assignment
from chat.services.assignment import OFFER_FOR
from security.context import Actor, ActorKind, acting, new_request_id
from security.revocation import on_revoked
from security.sockets.codes import CloseCode
from security.sockets.consumer import GuardedConsumer, log_failure
from security.sockets.limits import Closable, Rate, Seats, Work

logger = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Seconds between two looks at what waits."""


class Rates:
    """One counter of messages for each person, whatever the number of his sockets."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit, self._seconds = limit, seconds
        self._rates: dict[str, Rate] = {}

    def __len__(self) -> int:
        return len(self._rates)

    def of(self, key: str) -> Rate:
        return self._rates.setdefault(key, Rate(self._limit, self._seconds))

    def forget(self, key: str) -> None:
        """Somebody who has been gone for as long as anything counts."""
        self._rates.pop(key, None)


class Live:
    """The shared parts of one event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.process_id = uuid.uuid4()
        self.limits: ChatLimits = chat_limits()
        self.sealer = TenantSealer()
        truth, prefix = DatabaseTruth(), settings.HUB_PREFIX
        self.hub = ShardedHub(settings.REDIS_URLS, lambda url: Hub(url, sealer=self.sealer, truth=truth, prefix=prefix))
        self.writer = Writer(on_committed=self._committed, read_policy=read_policy, held_for=self.limits.held_for)
        self.registry = Registry()
        self.rules = RulesKeeper(self.registry)
        self.figures = Figures()
        self.previews = Previews()
        self.presence = PresenceKeeper(self.process_id)
        self.reaches = Reaches()
        self.positions = Positions()
        self.states = States()
        self.seats = Seats()
        self.visitor_rates = Rates(self.limits.visitor_messages, self.limits.within)
        self.visitor_acts = Rates(self.limits.visitor_acts, self.limits.within)
        self.openings = Openings(self.limits.new_conversations)
        self.agent_rates = Rates(self.limits.agent_messages, self.limits.within)
        self._tenants: Counter[int] = Counter()
        self._tenant_messages: dict[int, Work] = {}
        self._tasks: list[asyncio.Task[Any]] = []
        self._short: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Begin; waits for nothing outside."""
        await self.hub.start()
        self._undo = [
            events.attach(self._publish_from_thread),
            on_revoked(listener(self.registry, self.loop)),
        ]
        for work in (
            self.registry.watch(),
            self.presence.run(),
            self.positions.run(),
            self.states.run(),
            self.figures.run(),
            self._look_at_queues(),
            self._renew_keys(),
        ):
            self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """Close all sockets with 1012, store what is under way, end. Used by tests and by servers that tell of their end."""
        for socket in self.registry.sockets():
            socket.close(CloseCode.RESTARTING)
        for undo in self._undo:
            undo()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.writer.close()
        await self.figures.write()
        await self.presence.leave_all()
        await self.hub.stop()

    async def enter(self, tenant_id: int) -> None:
        """A socket of this tenant is there: its keys are kept in memory from now on."""
        self._tenants[tenant_id] += 1
        if not self.sealer.is_loaded(tenant_id):
            await unscoped(self.sealer.load, tenant_id)

    def charge_tenant(self, tenant_id: int) -> bool:
        """Count a message of one of this organisation's visitors; False where all of them together write too many."""
        spend = self._tenant_messages.setdefault(tenant_id, Work()).spend
        # By the second, since all of ten seconds' messages at once would be in everybody's way.
        now, limit = self.loop.time(), max(1.0, self.limits.tenant_messages / self.limits.within)
        is_fair = spend(0.0, now, limit=limit - 1, seconds=1.0)
        if is_fair:
            spend(1.0, now, limit=limit, seconds=1.0)
        return is_fair

    def leave(self, tenant_id: int) -> None:
        self._tenants[tenant_id] -= 1
        if self._tenants[tenant_id] <= 0:
            del self._tenants[tenant_id]
            self.loop.call_later(self.limits.within, self._forget_tenant, tenant_id, context=Context())

    def _forget_tenant(self, tenant_id: int) -> None:
        if tenant_id not in self._tenants:
            self._tenant_messages.pop(tenant_id, None)

    def leave_seat(self, key: str, socket: Closable) -> None:
        """A socket of this person is gone. After the last one the counters are kept until they are empty: coming again does not begin anew."""
        self.seats.leave(key, socket)
        if not self.seats.of(key):
            self.loop.call_later(self.limits.within, self._forget_rates, key, context=Context())

    def _forget_rates(self, key: str) -> None:
        if not self.seats.of(key):
            for rates in (self.visitor_rates, self.visitor_acts, self.agent_rates):
                rates.forget(key)

    def return_offers_later(self, tenant_id: int) -> None:
        """An offer was made: look after it when its time is over. Should this process be gone by then, beat does it."""
        # In a context of its own: it is not the one who offered that takes it back.
        self.loop.call_later(OFFER_FOR.total_seconds() + 0.05, self._return_offers, tenant_id, context=Context())

    def _return_offers(self, tenant_id: int) -> None:
        with acting(actor=Actor(ActorKind.JOB, name="return_expired_offers"), request_id=new_request_id()):
            work = in_scope(tenant_id, assignment.return_expired_offers, now=timezone.now())
            task = self.loop.create_task(work)
        self._short.add(task)
        task.add_done_callback(self._short.discard)

    def _committed(self, stored: Sequence[Stored]) -> None:
        """The writer's commit, in the order of `rev`: acknowledge to the sender, tell everybody else.

        One batch holds many people's messages: one that cannot be told takes no other with it.
        """
        with stages.DELIVER.time():
            self._tell(stored)

    def _tell(self, stored: Sequence[Stored]) -> None:
        for entry in stored:
            try:
                tell(self.hub, entry)
                self.figures.stored(entry)
                conversation = entry.message.conversation if isinstance(entry, Posted) else entry.conversation
                self.states.touch(entry.tenant_id, conversation)  # what was revised may be what the lists show
            except Exception as error:  # noqa: BLE001 - stored; who was not told finds it in the database
                log_failure("telling", error)

    def _publish_from_thread(self, tenant_id: int, room: RoomName, event: Event) -> None:
        if not self.loop.is_closed():
            # In a context of its own: the caller's holds the scope of a transaction that has ended, on another thread's connection.
            publish = partial(self.hub.publish, tenant_id, room, event)
            self.loop.call_soon_threadsafe(publish, context=Context())

    async def _look_at_queues(self) -> None:
        while True:
            stages.QUEUED.labels("writer").set(self.writer.waiting)
            stages.QUEUED.labels("publisher").set(self.hub.waiting)
            stages.SOCKETS.set(len(GuardedConsumer.open_sockets))  # the registry holds watchers, too
            stages.REMEMBERED.set(self.writer.kept)
            await asyncio.sleep(LOOK_EVERY)

    async def _renew_keys(self) -> None:
        while True:
            await asyncio.sleep(KEPT_FOR / 3)
            try:
                await unscoped(self.sealer.load_all, tuple(self._tenants))
            except Exception as error:  # noqa: BLE001 - the next round may do better; until then keys grow old, and stop
                logger.warning("Keys of the fan-out could not be renewed: %s", type(error).__name__)


_running: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Future[Live]] = WeakKeyDictionary()


async def live() -> Live:
    """The shared parts of this event loop, started by whoever asks first."""
    loop = asyncio.get_running_loop()
    found = _running.get(loop)
    if found is None:
        found = _running[loop] = loop.create_future()
        try:
            parts = Live()
            await parts.start()
        except BaseException as error:
            del _running[loop]  # whoever comes next tries again
            found.set_exception(error if isinstance(error, Exception) else RuntimeError("The start was interrupted"))
            found.exception()
            raise
        found.set_result(parts)
    return await asyncio.shield(found)


async def stop_live() -> None:
    """End the shared parts of this event loop, if they run."""
    found = _running.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await (await found).stop()
