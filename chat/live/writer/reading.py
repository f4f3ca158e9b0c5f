"""The first round trip of a turn: locks, keys and what is known already, for all tenants of the turn at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor

from chat.live.writer import statements
from chat.live.writer.item import Item
from chat.live.writer.orders import LockedConversation, Post, Revise
from chat.models import Status
from security.masking import MaskedText
from security.masking.splitting.check import REMEMBERED_FOR

Sent = tuple[str, UUID, UUID]
"""The idempotency key within a tenant: kind of author, author, client_id."""
Cursor = AsyncCursor[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Known:
    """A message that was stored before under the same idempotency key, and the wrapped key that opens it."""

    id: UUID
    conversation: UUID
    status: str
    seq: int
    rev: int
    prev_visible_seq: int
    sent_at: datetime
    body: bytes | None
    masked: list[dict[str, Any]]
    is_visible: bool
    wrapped: bytes | None
    is_unstored: bool = False
    text: MaskedText | None = None
    """Of a message that is not stored, what is remembered."""


@dataclass(frozen=True, slots=True)
class Target:
    """A message that shall be revised."""

    conversation_id: int
    seq: int
    author_kind: str
    author_id: UUID | None
    sent_at: datetime
    is_visible: bool
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message that a suspect one may be joined with, and the wrapped key that opens it."""

    visitor_id: int
    conversation: UUID
    wrapped: bytes | None
    conversation_id: int
    id: UUID
    seq: int
    rev: int
    author_kind: str
    author_id: UUID | None
    sent_at: datetime
    is_visible: bool
    body: bytes | None
    masked: list[dict[str, Any]]
    text: MaskedText | None = None
    """As of `Known`."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What was read for the suspects of one tenant: conversations that were locked for it, and the last messages, oldest first.

    `held` are messages that shall be released; they may be among the last ones, or in a conversation that is not locked.
    """

    conversations: Mapping[UUID, LockedConversation]
    messages: Sequence[Earlier]
    held: Sequence[Earlier] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What one tenant's part of the turn stands on; the rows in `conversations` are locked until the transaction ends."""

    conversations: Mapping[UUID, LockedConversation]
    wrapped: Mapping[UUID, bytes]
    known: Mapping[Sent, Known]
    targets: Mapping[UUID, Target]
    elsewhere: Collection[int] = frozenset()
    """Visitors, of those that were asked about, who wrote in another conversation a moment ago."""
    unstored: Mapping[UUID, bytes] = field(default_factory=dict, repr=False)
    """The keys of conversations of which nothing is stored, clear: no row has them."""


def sent(post: Post) -> Sent:
    """The idempotency key of a post; its author is a person, so it has an id."""
    if post.author.id is None:
        raise ValueError("the author of a post has an id")
    return post.author.kind.value, post.author.id, post.client_id


@dataclass(slots=True)
class _Asked:
    locked: Cursor
    keys: Cursor
    known: Cursor | None = None
    targets: Cursor | None = None
    elsewhere: Cursor | None = None

    async def answers(self) -> Read:
        conversations = [_locked(row) for row in await self.locked.fetchall()]
        known = {} if self.known is None else {row[:3]: Known(*row[3:]) for row in await self.known.fetchall()}
        targets = {} if self.targets is None else {row[0]: Target(*row[1:]) for row in await self.targets.fetchall()}
        elsewhere = () if self.elsewhere is None else {row[0] for row in await self.elsewhere.fetchall()}
        by_id = {found.public_id: found for found in conversations}
        return Read(by_id, dict(await self.keys.fetchall()), known, targets, elsewhere)


async def read(
    connection: AsyncConnection,
    tenants: Mapping[int, Sequence[Item]],
    now: datetime,
    remembered: Mapping[int, Sequence[UUID]],
    *,
    skip_locked: bool,
) -> dict[int, Read]:
    """Begin a transaction and lock what `tenants` (in ascending order) write to. With `skip_locked`, what others hold is left out.

    `remembered` are conversations whose tails may be judged by without being read.
    """
    since = now - timedelta(seconds=REMEMBERED_FOR)
    async with connection.pipeline():
        await connection.execute(statements.BEGIN)
        asked = []
        for tenant_id, items in tenants.items():
            part = await _ask(connection, tenant_id, items, skip_locked)
            if ids := remembered.get(tenant_id):
                part.elsewhere = await query(connection, statements.ELSEWHERE, ids, tenant_id, tenant_id, since)
            asked.append((tenant_id, part))
    return {tenant_id: await part.answers() for tenant_id, part in asked}


async def _ask(connection: AsyncConnection, tenant_id: int, items: Sequence[Item], skip_locked: bool) -> _Asked:
    orders = [item.order for item in items]
    conversations = list({order.conversation for order in orders})
    await connection.execute(statements.ENTER_TO_READ, (str(tenant_id),), prepare=True)
    lock = statements.LOCK_FREE if skip_locked else statements.LOCK
    asked = _Asked(
        await query(connection, lock, tenant_id, conversations, tenant_id),
        await query(connection, statements.KEYS, conversations, tenant_id),
    )
    posts = [sent(order) for order in orders if isinstance(order, Post)]
    if posts:
        kinds, authors, client_ids = (list(column) for column in zip(*posts, strict=True))
        asked.known = await query(connection, statements.KNOWN, kinds, authors, client_ids, tenant_id)
    revised = [order.message for order in orders if isinstance(order, Revise)]
    if revised:
        asked.targets = await query(connection, statements.TARGETS, revised, tenant_id)
    return asked


async def read_beside(
    connection: AsyncConnection,
    reads: Mapping[int, Read],
    wanted: Mapping[int, Collection[int]],
    held: Mapping[int, Sequence[UUID]],
    now: datetime,
    *,
    skip_locked: bool,
) -> dict[int, Beside]:
    """The last messages of `wanted` visitors and the `held` ones, by tenant in ascending order, under the locks of the conversations that they are in."""
    since = now - timedelta(seconds=REMEMBERED_FOR)
    lock = statements.SIBLINGS_FREE if skip_locked else statements.SIBLINGS
    asked = []
    async with connection.pipeline():
        for tenant_id, visitor_ids in wanted.items():
            ids = sorted(visitor_ids)
            locked = [row.pk for row in reads[tenant_id].conversations.values()]
            await connection.execute(statements.ENTER_TO_READ, (str(tenant_id),), prepare=True)
            rows = await query(connection, lock, tenant_id, ids, tenant_id, since, locked)
            tail = (ids, tenant_id, tenant_id, tenant_id, since, locked)
            last = await query(connection, statements.TAIL, *tail)
            ids_held = held.get(tenant_id)
            further = await query(connection, statements.HELD, ids_held, tenant_id) if ids_held else None
            asked.append((tenant_id, rows, last, further))
    return {tenant_id: await _beside(rows, last, further) for tenant_id, rows, last, further in asked}


async def _beside(rows: Cursor, tail: Cursor, held: Cursor | None) -> Beside:
    conversations = {found.public_id: found for found in [_locked(row) for row in await rows.fetchall()]}
    further = [] if held is None else await held.fetchall()
    return Beside(conversations, [Earlier(*row) for row in await tail.fetchall()], [Earlier(*row) for row in further])


async def query(connection: AsyncConnection, statement: str, *values: object) -> Cursor:
    """Send one prepared statement; inside a pipeline its rows are there when the pipeline has ended."""
    cursor = connection.cursor(binary=True)
    return await cursor.execute(statement, values, prepare=True)


def _locked(row: tuple[Any, ...]) -> LockedConversation:
    return LockedConversation(
        tenant_id=row[0],
        pk=row[1],
        public_id=row[2],
        status=Status(row[3]),
        visitor_id=row[4],
        department_id=row[5],
        assigned_to_id=row[6],
        offered_to_id=row[7],
        last_seq=row[8],
        last_rev=row[9],
        last_visible_seq=row[10],
        last_message_at=row[11],
        is_unstored=row[12],
    )
