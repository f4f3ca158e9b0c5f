"""Killed between commit and acknowledgement: what is sent again is the same message, and there is one of it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from chat.live.work import in_scope
from chat.models import Conversation, Message
from tests import cast
from tests.cast import Organisation
from tests.services import session
from tests.services.web import WebServer

from .sockets import Socket, door_to

GATE = 4_711
STORED = """
CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON chat_message DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION public.wait_at_the_gate()
"""
FUNCTION = f"""
CREATE FUNCTION public.wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); PERFORM pg_notify('stored', ''); RETURN NULL; END $$
"""
# Tests of other processes wait for locks of theirs, on the same server.
UNTIL_SOMEBODY_WAITS = f"""
DO $$ BEGIN
  WHILE NOT EXISTS (
    SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objid = {GATE} AND d.datname = current_database()
  ) LOOP PERFORM pg_sleep(0.01); END LOOP;
END $$
"""


@pytest.fixture
def own_server(committed_db: None, tmp_path: Path) -> Iterator[WebServer]:
    """A server of this test's, to be killed."""
    server = WebServer(session.urls(), tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def acme(own_server: WebServer) -> Organisation:
    return cast.acme()


@pytest.fixture
def gate() -> Iterator[psycopg.Connection]:
    """Who holds the lock `GATE` on this connection holds every commit of a message in PostgreSQL, which tells it of each that is done."""
    services, database = session.current()
    with services.superuser(database) as owner:
        owner.execute(FUNCTION)
        owner.execute(STORED)
        owner.execute("SET statement_timeout = '30s'")
        owner.execute("LISTEN stored")
        try:
            yield owner
        finally:
            owner.execute("DROP TRIGGER gate ON chat_message")
            owner.execute("DROP FUNCTION public.wait_at_the_gate")


async def stored(acme: Organisation, client_id: object) -> list[int]:
    def read() -> list[int]:
        return list(Message.objects.filter(client_id=client_id).values_list("seq", flat=True))

    return await in_scope(acme.tenant_id, read)


def kill_between_commit_and_ack(server: WebServer, gate: psycopg.Connection) -> None:
    """Freeze the server while PostgreSQL holds its COMMIT, let that be done, kill the server: it never learns of it."""
    gate.execute(UNTIL_SOMEBODY_WAITS)
    assert server.child is not None
    server.child.signal(signal.SIGSTOP)
    gate.execute("SELECT pg_advisory_unlock(%s)", [GATE])
    assert next(gate.notifies(timeout=20, stop_after=1), None) is not None
    server.kill()


async def until_cut(socket: Socket) -> None:
    """The connection ends without a goodbye."""
    with pytest.raises(ConnectionClosed):
        await socket.expect("nothing of this name")


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_message_that_was_stored_but_not_acknowledged_is_there_once(
    own_server: WebServer, acme: Organisation, gate: psycopg.Connection, is_first: bool
) -> None:
    client_id = str(uuid4())
    async with door_to(own_server) as door:
        vera = await door.visitor(acme.site_key)
        if not is_first:
            await vera.say("Before")
            assert next(gate.notifies(timeout=20, stop_after=1), None) is not None
        gate.execute("SELECT pg_advisory_lock(%s)", [GATE])
        await vera.send("message", client_id=client_id, text="Once only")
        await asyncio.to_thread(kill_between_commit_and_ack, own_server, gate)
        await until_cut(vera)
        assert all(frame["client_id"] != client_id for frame in vera.of("ack"))
        seqs = await stored(acme, client_id)
        assert len(seqs) == 1, "It was committed"
        await asyncio.to_thread(own_server.start)
        back = await door.visitor(acme.site_key, token=vera.welcome["token"])
        ack = await back.say("Once only", client_id=client_id)
        assert [ack["seq"]] == seqs == await stored(acme, client_id)
        assert (await back.say("After"))["seq"] == ack["seq"] + 1


async def test_what_was_under_way_when_it_was_killed_is_stored_once_or_sent_again(
    own_server: WebServer, acme: Organisation
) -> None:
    """Killed in the middle of a burst: whatever was acknowledged is there, and the rest is when it was sent again."""
    async with door_to(own_server) as door:
        vera = await door.visitor(acme.site_key)
        await vera.say("Before")
        ids = [str(uuid4()) for _ in range(15)]
        for client_id in ids:
            await vera.send("message", client_id=client_id, text=f"Message {client_id}")
        await vera.expect("ack", client_id=ids[0])
        await asyncio.to_thread(own_server.kill)
        await until_cut(vera)
        acknowledged = {frame["client_id"]: frame["seq"] for frame in vera.of("ack") if frame["client_id"] in ids}
        for client_id, seq in acknowledged.items():
            assert await stored(acme, client_id) == [seq]
        await asyncio.to_thread(own_server.start)
        back = await door.visitor(acme.site_key, token=vera.welcome["token"])
        seqs = [(await back.say(f"Message {client_id}", client_id=client_id))["seq"] for client_id in ids]
        assert seqs == list(range(2, 17))
        assert {
            client_id: seq for client_id, seq in zip(ids, seqs, strict=True) if client_id in acknowledged
        } == acknowledged

        def count() -> int:
            assert Conversation.objects.count() == 1
            return Message.objects.count()

        assert await in_scope(acme.tenant_id, count) == 16
