"""One transaction: everything that gathered, for all its tenants, in two round trips.

    BEGIN · per tenant: enter it, lock its conversations, read keys and known messages
    (decide, number, seal: `book`)
    per tenant: enter it again, advance the counters, insert, revise · COMMIT

There are no savepoints: a turn is stored as a whole or not at all, and the writer divides one that failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from psycopg import AsyncConnection

from chat.live.writer import statements
from chat.live.writer.book import Book, Done
from chat.live.writer.item import Item
from chat.live.writer.keys import ConversationKeys
from chat.live.writer.reading import Cursor, query, read


class Inconsistent(RuntimeError):
    """A statement touched another number of rows than it was given: a defect, or a database that is not ours alone."""


@dataclass(slots=True)
class Result:
    """What a committed turn did; `left` could not be locked at once and was not tried."""

    done: list[Done] = field(default_factory=list)
    refused: list[tuple[Item, Exception]] = field(default_factory=list)
    left: list[Item] = field(default_factory=list)


async def run(
    connection: AsyncConnection, items: Sequence[Item], *, keys: ConversationKeys, skip_locked: bool = False
) -> Result:
    """Store `items` in one transaction. On an error the transaction is still open, unless the connection is gone."""
    by_tenant = _grouped(items)
    reads = await read(connection, by_tenant, skip_locked=skip_locked)
    now, books, result = _now(), [], Result()
    for tenant_id, its_items in by_tenant.items():
        book = Book(tenant_id, reads[tenant_id], keys, now)
        book.enter(its_items, leave_missing=skip_locked)
        books.append(book)
        result.done += book.done
        result.refused += book.refused
        result.left += book.left
    await _write(connection, [book for book in books if book.changed])
    return result


def _grouped(items: Iterable[Item]) -> dict[int, list[Item]]:
    """By tenant in ascending order, so that two writers never wait for each other in a circle."""
    found: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        found[item.order.tenant_id].append(item)
    return dict(sorted(found.items()))


def _now() -> datetime:
    """With milliseconds, which is all that clients are told."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


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
    advanced = await query(connection, statements.ADVANCE, *_columns(counters), book.tenant_id)
    sent = [(advanced, len(ledgers))]
    if book.inserts:
        inserted = await query(connection, statements.INSERT, book.tenant_id, *_columns(book.inserts))
        sent.append((inserted, len(book.inserts)))
    if book.revisions:
        rows = list(book.revisions.values())
        sent.append((await query(connection, statements.REVISE, *_columns(rows), book.tenant_id), len(rows)))
    return sent


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
