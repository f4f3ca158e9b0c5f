"""The queue, and the one task that stores what is in it. One writer for each process and event loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import overload
from uuid import UUID

import psycopg
from django.db import DatabaseError, connections
from psycopg import errors

from chat.live import stages
from chat.live.writer import turn
from chat.live.writer.forgetting import EVERY, Forgetting
from chat.live.writer.item import Item
from chat.live.writer.keys import ConversationKeys
from chat.live.writer.link import Link, default_conninfo
from chat.live.writer.memory import HELD_FOR, Keeps, Memory
from chat.live.writer.orders import Order, Post, Posted, Release, Revise, Revised, Stored, Unavailable, WriteRefused
from chat.live.writer.recent import RecentTails
from chat.live.writer.releases import Releases
from chat.live.writer.split_check import Opener
from chat.live.writer.unstored import Unkept
from security.crypto import keyring
from security.crypto.keyring import KeysNotLoaded
from security.masking import MaskedText, MaskingPolicy

logger = logging.getLogger(__name__)

OnCommitted = Callable[[Sequence[Stored]], None]
Clock = Callable[[], datetime]
ReadPolicy = Callable[[int], Awaitable[MaskingPolicy]]
_LOCKED = (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


def _utc_now() -> datetime:
    """With milliseconds, which is all that clients are told."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`waiting` orders are held at most, `batch` of them go into one transaction; times in seconds."""

    waiting: int = 5_000
    batch: int = 500
    give_up_after: float = 4.0
    turn_within: float = 5.0


class Writer:
    """Stores posts and revisions, durably, in the order in which they were put.

    `on_committed` is called after each commit and before any caller is answered, with all that is new, in the order of `rev` within each
    conversation; it must not wait. `read_policy` gives the tenant's rules of now, by which what was held is masked when it is released.
    Callers that are cancelled take nothing back: what was put is stored.
    """

    def __init__(
        self,
        *,
        on_committed: OnCommitted,
        conninfo: str | None = None,
        bounds: Bounds | None = None,
        clock: Clock = _utc_now,
        read_policy: ReadPolicy | None = None,
        held_for: timedelta = HELD_FOR,
        forget_every: float = EVERY,
    ) -> None:
        self._on_committed = on_committed
        self._clock = clock
        self._read_policy = read_policy
        self._memory = Memory(clock, held_for)
        self._releases = Releases(self._memory, clock, self.settle)
        self._bounds = bounds or Bounds()
        self._link = Link(conninfo or default_conninfo())
        self._keys = ConversationKeys()
        self._recent = RecentTails()
        self._forgetting = Forgetting(self._memory, self._recent, clock, every=forget_every)
        self._queue: deque[Item] = deque()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Orders that no turn has taken yet."""
        return len(self._queue)

    @property
    def kept(self) -> int:
        """Texts and tails that are remembered for two minutes, to join what comes."""
        return len(self._memory) + len(self._recent)

    async def put(self, post: Post) -> Posted:
        """Store a message: durable on return. WriteRefused says why not; Unavailable (too busy, database away): send it again."""
        return await self._queued(post)

    async def revise(self, revise: Revise) -> Revised:
        """Give a stored message a new text: durable on return. The errors are those of `put`."""
        return await self._queued(revise)

    async def settle(self) -> None:
        """Release what has been held here for long enough; what could not be released now is due again in a moment."""
        due = list(self._memory.due())
        try:
            policies = {tenant_id: await self._policy(tenant_id) for tenant_id in {kept.tenant_id for kept in due}}
        except Exception as error:  # noqa: BLE001 - whatever it is: by rules that are not known nothing is released
            logger.warning("What is held is not released, its rules could not be read: %s", type(error).__name__)
        else:
            orders = [
                Release(tenant_id=kept.tenant_id, conversation=kept.conversation, policy=policies[kept.tenant_id])
                for kept in due
            ]
            await asyncio.gather(*(self._queued(order) for order in orders), return_exceptions=True)
        self._releases.arm()

    async def _policy(self, tenant_id: int) -> MaskingPolicy | None:
        return None if self._read_policy is None else await self._read_policy(tenant_id)

    def remembered(self) -> Mapping[UUID, MaskedText]:
        """What was typed where something else is stored, by message, for a service that joins by itself. Neither stored nor sent."""
        return self._memory.typed()

    def holds(self, visitor: UUID) -> bool:
        """Whether a message of this visitor is held here."""
        return self._memory.holds(visitor)

    def remember(self, keeps: Keeps) -> None:
        """What such a service, having committed, leaves to be remembered, forgotten and released."""
        self._memory.keep(keeps)
        self._releases.arm()
        self._forgetting.arm()

    async def close(self) -> None:
        """Take nothing more, store what was taken, then disconnect. What is held stays masked."""
        self._is_closed = True
        await self._releases.stop()
        while self._task is not None:
            await asyncio.wait({self._task})
        self._forgetting.stop()
        await self._link.close()

    @overload
    async def _queued(self, order: Post) -> Posted: ...
    @overload
    async def _queued(self, order: Revise) -> Revised: ...
    @overload
    async def _queued(self, order: Release) -> None: ...
    async def _queued(self, order: Order) -> Stored | None:
        if (
            not isinstance(order, Release) and type(order.text) is not MaskedText
        ):  # raw SQL passes by the model's field, which would refuse it
            raise TypeError("only MaskedText is stored as a body")
        if isinstance(order, Post) and order.author.id is None:
            raise ValueError("the author of a post has an id")
        if self._is_closed or len(self._queue) >= self._bounds.waiting:
            raise Unavailable
        loop = asyncio.get_running_loop()
        come_at = loop.time()
        item = Item(order, loop.create_future(), come_at + self._bounds.give_up_after, come_at)
        self._queue.append(item)
        self._wake()
        try:
            return await item.future
        finally:
            stages.STORE.observe(loop.time() - come_at)

    def _wake(self) -> None:
        if self._task is None:
            # A context of its own: the task serves everybody, not the caller who happened to come first.
            self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._task = None
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger.error("A turn of the writer failed", exc_info=error)
        if self._queue:
            self._wake()

    async def _run(self) -> None:
        while self._queue:
            items = [self._queue.popleft() for _ in range(min(len(self._queue), self._bounds.batch))]
            stages.BATCH.observe(len(items))
            stages.WAIT.observe(asyncio.get_running_loop().time() - items[0].come_at)
            try:
                await self._store(items)
            finally:
                unsettled = [item for item in items if not item.future.done()]
                for item in set(unsettled) - set(self._queue):
                    item.fail(Unavailable())

    async def _store(self, items: Sequence[Item]) -> None:
        """Settle every one of `items`, or put it back into the queue. A turn that fails is divided, so that one order fails alone."""
        # Next to fresh orders, those that met a lock before are only tried: nobody waits for them twice.
        tried = sum(item.tries > 0 for item in items)
        try:
            result = await self._turn(items, skip_locked=0 < tried < len(items))
        except _LOCKED:
            result = await self._turn(items, skip_locked=True)
        except (psycopg.Error, turn.Inconsistent, Unkept) as error:
            await self._divide(items, error)
            return
        self._announce(result)
        self._put_back(result.left)

    async def _divide(self, items: Sequence[Item], error: Exception) -> None:
        if len(items) > 1:
            middle = len(items) // 2
            await self._store(items[:middle])
            await self._store(items[middle:])
        elif isinstance(error, (errors.UniqueViolation, Unkept)) and items[0].tries == 0:
            # Another process stored the same `client_id`, or began with another key, in the meantime: the next turn finds it.
            self._put_back(items)
        elif isinstance(error, errors.InsufficientPrivilege):
            logger.critical("Row-level security refused a message; conversation=%s", items[0].order.conversation)
            items[0].fail(WriteRefused("not_found"))
        else:
            # The type alone: the database's message may quote values.
            logger.error("A message could not be stored: %s", type(error).__name__)
            items[0].fail(Unavailable())

    def _put_back(self, items: Sequence[Item]) -> None:
        """To the front of the queue, in their order; those that have waited for long enough fail."""
        now = asyncio.get_running_loop().time()
        for item in reversed(items):
            item.tries += 1
            if now < item.deadline:
                self._queue.appendleft(item)
            else:
                item.fail(Unavailable())

    def _announce(self, result: turn.Result) -> None:
        if result.keeps:
            self.remember(result.keeps)
        self._forgetting.arm()
        new = [done.stored for done in result.done if done.is_new and done.stored is not None]
        if new:
            try:
                self._on_committed(new)
            except Exception:
                # It is durable, and clients fill gaps from the database; only the hint was lost.
                logger.exception("Committed messages could not be published")
        for done in result.done:
            if done.item is not None:
                done.item.resolve(done.stored)
        for item, error in result.refused:
            item.fail(error)

    async def _turn(self, items: Sequence[Item], *, skip_locked: bool) -> turn.Result:
        """One transaction, again and again while the database is away; those whose time is over fail meanwhile."""
        pause = _FIRST_PAUSE
        while items:
            try:
                connection = await self._link.connection()
                with self._link.cut_after(self._bounds.turn_within):
                    opener = Opener(self._keys, self._memory, self._clock(), self._recent)
                    return await turn.run(connection, items, opener, skip_locked=skip_locked)
            except KeysNotLoaded:
                await self._link.recover()
                if await self._load_keys({item.order.tenant_id for item in items}):
                    continue
            except (psycopg.Error, turn.Inconsistent, Unkept):
                if await self._link.recover():
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            items = self._in_time(items)
        return turn.Result()

    def _in_time(self, items: Sequence[Item]) -> list[Item]:
        now = asyncio.get_running_loop().time()
        for item in items:
            if item.deadline <= now:
                item.fail(Unavailable(retry_after=2))
        return [item for item in items if item.deadline > now]

    async def _load_keys(self, tenant_ids: set[int]) -> bool:
        """Read the tenants' own keys, once a minute each; False where the database is away."""
        try:
            await asyncio.to_thread(_load, tenant_ids)
        except DatabaseError:
            logger.warning("The writer could not read the keys of tenants")
            return False
        return True


def _load(tenant_ids: set[int]) -> None:
    try:
        for tenant_id in tenant_ids:
            keyring.load_tenant(tenant_id)
    finally:
        connections.close_all()  # this thread's own
