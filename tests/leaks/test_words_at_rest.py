"""Nothing that was typed lies anywhere in clear: not in the database's files, its WAL, Valkey, logs or temporary files.

Two things are plain by design and so are not among the canaries: names of tags, which are words of the tenant's that lists are filtered by, and
the names of its members, sites and departments.
"""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from django.utils import timezone

from chat.live.work import in_scope, unscoped
from chat.models import Conversation
from chat.tasks import close_idle, sweep_queue
from tests.cast import Organisation, acme
from tests.chat.live.sockets import Door, door_to
from tests.services import session
from tests.services.web import WebServer, Worker

from .places import database_files, files, memory

CARD = ("4242 4242 4242 4242", "4242424242424242", "4242-4242-4242-4242")
SSN = ("536-90-4399", "536904399")
WORDS = {
    name: f"zq{name}canary7b1f"
    for name in (
        "message",
        "reply",
        "note",
        "edited",
        "name",
        "email",
        "url",
        "title",
        "comment",
        "preview",
        "phone",
        "offer",
    )
}

FOUND = "planted7b1f"
"""What the scan is tried with: other words, since what a table once held stays in its file."""


@pytest.fixture
def own_server(committed_db: None, tmp_path: Path) -> Iterator[WebServer]:
    """A server whose folder and log are this test's, with temporary files in it and every line logged."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    extra = {"TMPDIR": str(temporary), "LOG_LEVEL": "DEBUG"}
    server, worker = WebServer(session.urls(), tmp_path, extra), Worker(session.urls(), tmp_path, extra)
    server.start()
    worker.start()
    yield server
    worker.stop()
    server.stop()


async def chat(server: WebServer, of: Organisation) -> str:
    async with door_to(server) as door:
        alice, bob = await door.agent(of, "alice"), await door.agent(of, "bob")
        vera = await door.visitor(
            of.site_key,
            profile={"name": WORDS["name"], "email": f"{WORDS['email']}@home.example", "phone": "+1 202 555 0143"},
            page={"url": f"https://acme.example/{WORDS['url']}", "title": WORDS["title"]},
        )
        sent = await vera.say(f"{WORDS['message']} {CARD[0]} and {SSN[0]}")
        conversation = sent["conversation"]
        assert CARD[0] not in sent["text"]
        assert SSN[0] not in sent["text"]
        await alice.ask("next", "assigned")
        await vera.say(f"{CARD[1]} or {CARD[2]} {WORDS['message']}")
        await vera.send("typing", active=True, preview=f"{WORDS['preview']} {CARD[0]}")
        reply = await alice.say(f"{WORDS['reply']}", conversation=conversation)
        await alice.ask("edit", "revised", conversation=conversation, id=reply["id"], text=WORDS["edited"])
        await alice.send("note", conversation=conversation, client_id=uuid4(), text=f"{WORDS['note']} {SSN[0]}", ref=1)
        await alice.expect("ack", ref=1)
        await alice.ask("tag", "conversation", conversation=conversation, add=[f"card {CARD[0]}"], remove=[])
        await alice.ask(
            "transfer", "conversation", conversation=conversation, agent=bob.welcome["agent"]["id"], note=WORDS["offer"]
        )
        await bob.ask("accept", "assigned", conversation=conversation)
        await bob.ask("close", "conversation", conversation=conversation, outcome="done")
        await vera.ask("rate", "status", score=5, comment=f"{WORDS['comment']} {CARD[1]}")
        await vera.send_raw('{"type": "message", "text": "' + WORDS["message"] + CARD[0])
        await vera.expect("error")
        await returned_by_a_worker(door, of)
        return str(conversation)


async def returned_by_a_worker(door: Door, of: Organisation) -> None:
    """An offer that nobody answered: a worker opens what was said, writes and tells everybody."""
    wanda = await door.visitor(of.site_key, profile={"name": WORDS["name"]})
    sam, bob = await door.agent(of, "sam"), await door.agent(of, "bob")
    conversation = (await wanda.say(f"{WORDS['message']} {CARD[0]}"))["conversation"]
    await sam.ask("claim", "assigned", conversation=conversation)
    offered = {"conversation": conversation, "agent": bob.welcome["agent"]["id"], "note": WORDS["offer"]}
    await sam.ask("transfer", "conversation", **offered)

    def let_time_pass() -> None:
        Conversation.objects.filter(public_id=conversation).update(offer_expires_at=timezone.now())

    await in_scope(of.tenant_id, let_time_pass)
    for task in (close_idle, sweep_queue):
        await asyncio.to_thread(task.delay, of.tenant_id)
    await wanda.expect("message", code="returned")


async def test_nothing_typed_lies_anywhere_in_clear(own_server: WebServer, queued_tasks: None) -> None:
    of = await unscoped(acme)
    conversation = await chat(own_server, of)

    def readable() -> bool:
        return Conversation.objects.get(public_id=conversation).rating == 5

    assert await in_scope(of.tenant_id, readable)
    await asyncio.to_thread(own_server.stop)
    assert b"Returned 1 conversations" in (own_server.folder / "worker.log").read_bytes()
    places = await asyncio.to_thread(lambda: {**files(own_server.folder), **database_files(), **memory()})
    assert any("base/" in name for name in places)
    assert any("pg_wal" in name for name in places)
    needles = [*CARD, *SSN, *WORDS.values(), "202 555 0143", "2025550143"]
    found = {
        (needle, name)
        for name, content in places.items()
        for needle in needles
        for form in forms(needle)
        if form in content
    }
    assert found == set()


def test_the_scan_finds_what_is_there(committed_db: None, tmp_path: Path) -> None:
    """A canary that is put into a table, a key and a file is found in each."""
    services, database = session.current()
    with services.superuser(database) as connection:
        connection.execute("UPDATE django_migrations SET name = name || %s WHERE id = 1", [f"zqtable{FOUND}"])
    client = redis.Redis.from_url(session.urls().redis)
    client.set("canary", f"zqkey{FOUND}")
    (tmp_path / "log").write_text(urllib.parse.quote(f"zqfile{FOUND}"))
    places = {**files(tmp_path), **database_files(), **memory()}
    with services.superuser(database) as connection:
        connection.execute(
            "UPDATE django_migrations SET name = replace(name, %s, '') WHERE id = 1", [f"zqtable{FOUND}"]
        )
    client.delete("canary")
    for place in ("table", "key", "file"):
        assert any(form in content for content in places.values() for form in forms(f"zq{place}{FOUND}")), place


def forms(needle: str) -> set[bytes]:
    """How it could be written down."""
    return {
        needle.encode(),
        needle.encode("utf-16-le"),
        needle.encode().hex().encode(),
        urllib.parse.quote(needle).encode(),
    }
