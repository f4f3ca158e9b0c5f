"""One transaction: everything that gathered, for all its tenants, in two round trips.

    BEGIN · per tenant: enter it, lock its conversations, read keys and known messages
    (only where a message may be part of a number: the messages before it, in one more round trip)
    (decide, number, seal: `book`)
    per tenant: enter it again, advance the counters, insert, revise · COMMIT

There are no savepoints: a turn is stored as a whole or not at all, and the writer divides one that failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from uuid import UUID

from psycopg import AsyncConnection

from chat.live import stages
from chat.live.writer import statements, unstored
from chat.live.writer.book import Book, Done
from chat.live.writer.item import Item
from chat.live.writer.memory import Kept
from chat.live.writer.orders import Post
from chat.live.writer.reading import Cursor, Read, query, read, read_beside
from chat.live.writer.split_check import (
    Opener,
    Tails,
    of_lone_visitors,
    remembered,
    suspected,
    tails,
    to_release,
)


class Inconsistent(RuntimeError):
    """A statement touched another number of rows than it was given: a defect, or a database that is not ours alone."""


@dataclass(slots=True)
class Result:
    """What a committed turn did; `left` could not be locked at once and was not tried."""

    done: list[Done] = field(default_factory=list)
    refused: list[tuple[Item, Exception]] = field(default_factory=list)
    left: list[Item] = field(default_factory=list)
    keeps: dict[UUID, Kept | None] = field(default_factory=dict)


async def run(
    connection: AsyncConnection, items: Sequence[Item], opener: Opener, *, skip_locked: bool = False
) -> Result:
    """Store `items` in one transaction. On an error the transaction is still open, unless the connection is gone."""
    by_tenant, clock = _grouped(items), perf_counter
    begun = clock()
    opener.recent.forget_old(opener.now)
    doubtful = {tenant_id: suspected(items, opener.memory) for tenant_id, items in by_tenant.items()}
    known = {tenant_id: opener.recent.known(tenant_id, ids) for tenant_id, ids in doubtful.items() if ids}
    reads = await read(connection, by_tenant, opener.now, known, skip_locked=skip_locked)
    reads = await unstored.known_of(reads)
    found = await _tails(connection, by_tenant, doubtful, reads, opener, skip_locked=skip_locked)
    read_at = clock()
    books, result = [], Result()
    for tenant_id, its_items in by_tenant.items():
        book = Book(tenant_id, reads[tenant_id], opener.keys, opener.now, found[tenant_id])
        book.enter(its_items, leave_missing=skip_locked)
        books.append(book)
        result.done += book.done
        result.refused += book.refused
        result.left += book.left
        result.keeps |= book.keeps
    sealed_at = clock()
    settling = [await unstored.keep(book.tenant_id, book.changed, book.revisions) for book in books]
    await _write(connection, [book for book in books if book.changed])
    for settle in settling:
        if settle is not None:
            settle()
    stages.READ.observe(read_at - begun)
    stages.ENCRYPT.observe(sealed_at - read_at)
    stages.COMMIT.observe(clock() - sealed_at)
    for book in books:
        _keep(book, reads[book.tenant_id], found[book.tenant_id], _changed(by_tenant[book.tenant_id]), opener)
    return result


def _grouped(items: Iterable[Item]) -> dict[int, list[Item]]:
    """By tenant in ascending order, so that two writers never wait for each other in a circle."""
    found: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        found[item.order.tenant_id].append(item)
    return dict(sorted(found.items()))


async def _tails(
    connection: AsyncConnection,
    by_tenant: Mapping[int, Sequence[Item]],
    doubtful: Mapping[int, Collection[UUID]],
    reads: dict[int, Read],
    opener: Opener,
    *,
    skip_locked: bool,
) -> dict[int, Tails]:
    """What the suspects of this turn are joined with, and the other tails that are known. Without a suspect of whom none is, nothing is read."""
    found, wanted = {}, {}
    for tenant_id, items in by_tenant.items():
        its_read = reads[tenant_id]
        judged = {row.visitor_id for place, row in its_read.conversations.items() if place in doubtful[tenant_id]}
        known = remembered(its_read, _changed(items), judged, opener)
        found[tenant_id] = Tails(known, {}, {}, judged=judged)
        if unknown := judged - known.keys():
            wanted[tenant_id] = unknown
    if not wanted:
        return found
    held = {tenant_id: to_release(by_tenant[tenant_id], opener.memory) for tenant_id in wanted}
    beside = await read_beside(connection, reads, wanted, held, opener.now, skip_locked=skip_locked)
    for tenant_id, ids in wanted.items():
        reads[tenant_id], its = await unstored.said_beside(tenant_id, reads[tenant_id], beside[tenant_id])
        found[tenant_id] = tails(tenant_id, ids, reads[tenant_id], its, opener).beside(found[tenant_id])
    return found


def _changed(items: Iterable[Item]) -> set[UUID]:
    """The conversations in which these orders do more than add messages."""
    return {item.order.conversation for item in items if not isinstance(item.order, Post)}


def _keep(book: Book, its_read: Read, tails: Tails, changed: Collection[UUID], opener: Opener) -> None:
    """What is committed now is what the tails say: the next turn need not read them."""
    for row in of_lone_visitors(its_read.conversations):
        tail = tails.by_visitor.get(row.visitor_id)
        if tail is not None and row.public_id not in changed and tail.is_of(row.public_id):
            tail.settle_down()
            opener.recent.keep(row, book.rev_of(row), tail)


async def _write(connection: AsyncConnection, books: Sequence[Book]) -> None:
    """The second round trip: rows, then COMMIT behind them in the same pipeline, which the server skips if one of them failed."""
    expected: list[tuple[Cursor, int]] = []
    async with connection.pipeline():
        for book in books:
            await connection.execute(statements.ENTER_TO_WRITE, (str(book.tenant_id),), prepare=True)
            expected += await _send(connection, book)
        await connection.execute(statements.COMMIT)
    if any(cursor.rowcount != rows for cursor, rows in expected):
        raise Inconsistent


async def _send(connection: AsyncConnection, book: Book) -> list[tuple[Cursor, int]]:
    ledgers = book.changed
    counters = [
        (
            ledger.row.pk,
            ledger.last_seq,
            ledger.last_rev,
            ledger.last_visible_seq,
            ledger.last_message_at,
            ledger.replied_at is not None,
            ledger.replied_at or ledger.last_message_at,
        )
        for ledger in ledgers
    ]
    columns = _columns(counters)
    advanced = await query(connection, statements.ADVANCE, *columns, book.tenant_id, columns[0])
    sent = [(advanced, len(ledgers))]
    if book.inserts:
        inserted = await query(connection, statements.INSERT, book.tenant_id, *_columns(book.inserts))
        sent.append((inserted, len(book.inserts)))
    if book.revisions:
        rows = list(book.revisions.values())
        columns = _columns(rows)
        revised = await query(connection, statements.REVISE, *columns, book.tenant_id, columns[0])
        sent.append((revised, len(rows)))
    return sent


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
