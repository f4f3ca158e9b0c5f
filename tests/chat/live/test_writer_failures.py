"""Locks that are held, connections that end, databases that are away: nothing is lost, doubled or acknowledged early."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from psycopg import errors
from psycopg.conninfo import make_conninfo

from chat.live.writer import Bounds, Posted, Unavailable, Writer, WriteRefused, statements
from chat.live.writer.link import Link, default_conninfo
from chat.live.writer.reading import query
from tests.chat.conversations import House, Talk
from tests.services import session

from .writing import Published, post, rows, writers_alive, writing


@contextmanager
def held(talk: Talk) -> Iterator[None]:
    """The conversation's row is locked by somebody else."""
    server, database = session.current()
    with server.superuser(database) as connection, connection.transaction():
        connection.execute("SELECT FROM chat_conversation WHERE id = %s FOR UPDATE", [talk.pk])
        yield


async def test_a_lock_that_stays_makes_its_own_messages_unavailable_and_no_others(acme: House) -> None:
    stuck, free = await sync_to_async(lambda: (acme.talk(), acme.talk()))()
    async with writing(bounds=Bounds(give_up_after=0.5)) as writer:
        with held(stuck):
            orders = [post(stuck, "1"), post(free, "1"), post(stuck, "2"), post(free, "2")]
            found = await asyncio.gather(*(writer.put(order) for order in orders), return_exceptions=True)
            assert [type(one) is Unavailable for one in found] == [True, False, True, False]
        assert (await writer.put(orders[0])).message.seq == 1
    assert [row.seq for row in await sync_to_async(rows)(free)] == [1, 2]
    assert [row.seq for row in await sync_to_async(rows)(stuck)] == [1]


async def test_a_lock_that_goes_away_in_time_costs_only_time(acme: House) -> None:
    stuck, free = await sync_to_async(lambda: (acme.talk(), acme.talk()))()
    async with writing() as writer:
        with held(stuck):
            waiting = [asyncio.ensure_future(writer.put(post(stuck, f"{n}"))) for n in range(3)]
            for _ in range(3):
                await writer.put(post(free))
            assert not any(one.done() for one in waiting)
        assert [posted.message.seq for posted in await asyncio.gather(*waiting)] == [1, 2, 3]


async def test_connections_that_are_ended_under_load_lose_and_double_nothing(acme: House) -> None:
    talks = await sync_to_async(lambda: [acme.talk() for _ in range(4)])()
    published = Published()
    ended = 0
    async with writing(published, Bounds(batch=50, give_up_after=30)) as writer:
        sending = [asyncio.ensure_future(writer.put(post(talks[n % 4], f"{n}"))) for n in range(2_000)]
        for number in range(100, 2_000, 300):
            await sending[number]  # it has got on again; wherever it is now
            ended += await asyncio.to_thread(writers_alive, end=True)
        found = await asyncio.gather(*sending)
    assert ended > 0
    assert not any(posted.is_duplicate for posted in found)
    assert (
        len({stored.message.id for stored in published.all if isinstance(stored, Posted)})
        == len(published.all)
        == 2_000
    )
    for number, talk in enumerate(talks):
        messages = await sync_to_async(rows)(talk)
        assert [row.seq for row in messages] == list(range(1, 501))
        assert [row.public_id for row in messages] == [posted.message.id for posted in found[number::4]]


class LossyWire:
    """Between the writer and PostgreSQL: the first confirmation of a commit never arrives, and the connection with it."""

    def __init__(self, folder: Path) -> None:
        self.losses = 0
        self._folder = folder
        parameters = connections["default"].get_connection_params()
        self._host, self._port = parameters["host"], int(parameters.get("port") or 5432)

    @asynccontextmanager
    async def conninfo(self) -> AsyncIterator[str]:
        """How the writer reaches it."""
        async with await asyncio.start_unix_server(self._serve, self._folder / ".s.PGSQL.5432"):
            yield make_conninfo(default_conninfo(), host=str(self._folder), port=5432)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._host.startswith("/"):
            from_server, to_server = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            from_server, to_server = await asyncio.open_connection(self._host, self._port)
        sending = asyncio.create_task(_pass_on(reader, to_server))
        try:
            while part := await from_server.read(65_536):
                if b"COMMIT\0" in part and not self.losses:  # as in CommandComplete: it is stored
                    self.losses += 1
                    return
                writer.write(part)
        finally:
            sending.cancel()
            writer.close()
            to_server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65_536):
        writer.write(part)


async def test_a_commit_whose_confirmation_was_lost_is_neither_repeated_nor_lost(
    talk: Talk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    published, wire = Published(), LossyWire(tmp_path_factory.mktemp("w"))
    async with wire.conninfo() as conninfo:
        writer = Writer(on_committed=published, conninfo=conninfo)
        posted = await writer.put(post(talk, "once"))
        await writer.close()
    assert wire.losses == 1
    assert (posted.message.seq, posted.is_duplicate) == (1, False)
    assert published.all == [posted]
    assert len(await sync_to_async(rows)(talk)) == 1


async def test_a_commit_is_durable_whatever_the_roles_default_says(committed_db: None) -> None:
    server, database = session.current()
    role = f'ALTER ROLE chat_app IN DATABASE "{database}"'
    with server.superuser(database) as owner:
        owner.execute(f"{role} SET synchronous_commit = off")
        try:
            link = Link(default_conninfo())
            asked = await (await link.connection()).execute("SHOW synchronous_commit")
            assert await asked.fetchone() == ("on",)
            await link.close()
        finally:
            owner.execute(f"{role} RESET synchronous_commit")


async def test_a_statement_is_planned_once_for_all_turns(acme: House) -> None:
    link = Link(default_conninfo())
    connection = await link.connection()
    for _ in range(2):
        await query(connection, statements.KEYS, [uuid.uuid4()], acme.tenant_id)
    asked = await connection.execute("SELECT generic_plans FROM pg_prepared_statements", prepare=False)
    assert await asked.fetchall() == [(2,)]
    await link.close()


async def test_what_is_read_under_the_locks_may_not_take_for_ever_but_a_commit_may(acme: House) -> None:
    """A commit that waits for a standby and is interrupted would be taken for one that is safe."""
    link = Link(default_conninfo())
    connection = await link.connection()
    for statement, told in ((statements.ENTER_TO_READ, "2s"), (statements.ENTER_TO_WRITE, "0")):
        async with connection.transaction():
            await connection.execute(statement, (str(acme.tenant_id),))
            assert await (await connection.execute("SHOW statement_timeout")).fetchone() == (told,)
    with pytest.raises(errors.QueryCanceled):  # noqa: PT012 - the writer takes it for a lock, and goes on without these
        async with connection.transaction():
            await connection.execute(statements.ENTER_TO_READ, (str(acme.tenant_id),))
            await connection.execute("SELECT pg_sleep(9)")
    await link.close()


async def test_a_server_that_does_not_answer_is_left(talk: Talk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # the kernel connects, and nobody ever reads
        writer = Writer(
            on_committed=Published(),
            conninfo=f"host=127.0.0.1 port={mute.getsockname()[1]} user=chat_app dbname=x sslmode=disable",
            bounds=Bounds(give_up_after=0.1),
        )
        with pytest.raises(Unavailable):
            await writer.put(post(talk))
        await writer.close()


async def test_while_the_database_is_away_posts_wait_and_then_fail(talk: Talk) -> None:
    writer = Writer(
        on_committed=Published(), conninfo="host=127.0.0.1 port=1 dbname=x", bounds=Bounds(give_up_after=0.3)
    )
    with pytest.raises(Unavailable) as away:
        await writer.put(post(talk))
    assert away.value.retry_after == 2
    await writer.close()


async def test_what_row_level_security_refuses_is_not_found(
    acme: House, rival: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    talk, foreign = await sync_to_async(lambda: (acme.talk(), rival.talk()))()
    astray = f"SELECT set_config('app.tenant_id', '{foreign.tenant_id}' || left(%s, 0), true)"
    monkeypatch.setattr(statements, "ENTER_TO_WRITE", astray)
    monkeypatch.setattr(statements, "ADVANCE", statements.ADVANCE.replace("c.tenant_id = %b AND", "%b IS NOT NULL AND"))
    async with writing() as writer:
        with pytest.raises(WriteRefused, match="not_found"):
            await writer.put(post(talk))
    assert "Row-level security refused" in caplog.text
    for one in (talk, foreign):
        assert await sync_to_async(rows)(one) == []
        assert (await sync_to_async(one.row)()).last_seq == 0
