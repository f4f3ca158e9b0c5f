"""The writer's part of conversations of which nothing is stored: their keys before a turn decides, their texts before it commits.

Danger: a text that is acknowledged and kept nowhere, or a Valkey that hangs and holds up everybody's messages. Rule: what cannot be kept in memory fails
alone, with `unavailable`; where a turn has no such conversation nothing is asked, and nothing awaited. Proof: tests/chat/unstored/test_writing.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError, connections

from chat.live.writer.drafts import Ledger, Row
from chat.live.writer.reading import Beside, Earlier, Known, Read, Sent
from chat.unstored import memory
from chat.unstored.memory import Found, Line
from chat.unstored.store import Away

logger = logging.getLogger(__name__)

T = TypeVar("T")
# Of its own: the threads of `chat.live.work` may wait for the very locks that a turn holds.
_pool = ThreadPoolExecutor(1, thread_name_prefix="unstored")


class Unkept(Exception):
    """What a turn was about to commit could not be kept in memory."""


async def known_of(reads: Mapping[int, Read]) -> dict[int, Read]:
    """The same, with the keys of conversations of which nothing is stored, and what was said before under the same idempotency key."""
    found = dict(reads)
    for tenant_id, its in reads.items():
        rows = [row.public_id for row in its.conversations.values() if row.is_unstored]
        sent = {key: row for key, row in its.known.items() if row.is_unstored}
        if not rows and not sent:
            continue
        lines = [Line(row.conversation, row.id, row.seq, row.rev, key[0]) for key, row in sent.items()]
        answer = await _found(tenant_id, lines, rows)
        found[tenant_id] = replace(its, unstored=answer.keys, known={**its.known, **_remembered(sent, answer)})
    return found


def _remembered(sent: Mapping[Sent, Known], answer: Found) -> dict[Sent, Known]:
    said = answer.said
    return {
        key: replace(row, text=said[row.id].text, masked=said[row.id].masked) if row.id in said else row
        for key, row in sent.items()
    }


async def said_beside(tenant_id: int, its: Read, beside: Beside) -> tuple[Read, Beside]:
    """The last messages, those too of which nothing is stored; half a number may be in them."""
    rows = {**its.conversations, **beside.conversations}
    wanted = [row for row in (*beside.messages, *beside.held) if _is_unstored(row, rows)]
    others = [row.public_id for row in beside.conversations.values() if row.is_unstored]
    if not wanted and not others:
        return its, beside
    lines = [Line(row.conversation, row.id, row.seq, row.rev, row.author_kind) for row in wanted]
    answer = await _found(tenant_id, lines, others)
    return replace(its, unstored={**its.unstored, **answer.keys}), replace(
        beside, messages=_told(beside.messages, answer), held=_told(beside.held, answer)
    )


def _is_unstored(row: Earlier, rows: Mapping[UUID, object]) -> bool:
    return bool(getattr(rows.get(row.conversation), "is_unstored", False))


def _told(rows: Iterable[Earlier], answer: Found) -> list[Earlier]:
    said = answer.said
    return [replace(row, text=said[row.id].text, masked=said[row.id].masked) if row.id in said else row for row in rows]


async def keep(tenant_id: int, ledgers: Sequence[Ledger], revised: Mapping[UUID, Row]) -> Callable[[], None] | None:
    """Before the commit; what is to be done after it, if anything. `revised` as `Book.revisions` has it. Unkept."""
    kept = {ledger.row.public_id: (ledger.key, ledger.unstored) for ledger in ledgers if ledger.unstored}
    if not kept:
        return None
    clear = {conversation: key for conversation, (key, _) in kept.items()}
    texts = {conversation: its for conversation, (_, its) in kept.items()}
    changed = {message: row[1] for message, row in revised.items()}
    try:
        await _work(lambda: memory.keep(tenant_id, clear, texts, changed))
    except (Away, DatabaseError) as error:
        raise Unkept from error
    after = {
        conversation: new
        for conversation, its in texts.items()
        if (new := {message: text for message, text in its.items() if message in changed})
    }
    return (lambda: _settle(tenant_id, after, changed)) if after else None


def _settle(tenant_id: int, after: Mapping[UUID, Mapping[UUID, bytes]], changed: Mapping[UUID, int]) -> None:
    """Begin to forget what was changed, and wait for nothing: until it is done both texts lie there, sealed, and the row says which one counts."""

    def work() -> None:
        try:
            memory.settle(tenant_id, after, changed)
        except Away:
            logger.warning("An earlier text of an unstored conversation stays until its time is over")

    _pool.submit(_returned, work)


async def _found(tenant_id: int, lines: Sequence[Line], also: Sequence[UUID]) -> Found:
    """Nothing where Valkey or the organisation's key cannot be had: then no key is known, and what is written is refused."""
    try:
        return await _work(lambda: memory.find(tenant_id, lines, also=also))
    except (Away, DatabaseError) as error:
        logger.warning("What is not stored could not be read: %s", type(error).__name__)
        return Found()


async def _work(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_pool, _returned, work)


def _returned(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connections.close_all()  # to the pool
