"""A thousand messages of which nothing is stored and a server killed in mid-chat: not a word, nor a sealed one, lies anywhere afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection

from chat.models import Afterwards, Conversation, Message, RetentionRule
from security.scoping import tenant_scope
from tests.cast import Organisation, acme
from tests.chat.conversations import Talk, house
from tests.chat.live.sockets import door_to
from tests.chat.live.writing import post, writing
from tests.services import session
from tests.services.web import WebServer

from .places import database_dump, database_files, files, listening, memory
from .test_words_at_rest import forms

MESSAGES = 1_000
IN_ALL = "unstored4c2a"
WORDS = {name: f"zq{name}{IN_ALL}" for name in ("said", "reply", "note", "edited", "name", "page", "many")}
LOOKED_FOR = 12
"""Of the sealed texts: whoever stores one stores all, and each is looked for in all that the database has written."""
SEALED = 40
"""Bytes of a sealed text, from behind its nonce on: two of them are never alike by chance."""


@pytest.fixture
def own_server(committed_db: None, tmp_path: Path) -> Iterator[WebServer]:
    """Killed in the end, so of nobody else's use; its temporary files lie in its folder, and every line is logged."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    server = WebServer(session.urls(), tmp_path, {"TMPDIR": str(temporary), "LOG_LEVEL": "DEBUG"})
    server.start()
    yield server
    server.stop()


async def talk_until_it_is_killed(server: WebServer, of: Organisation) -> None:
    async with door_to(server) as door:
        alice = await door.agent(of, "alice")
        vera = await door.visitor(
            of.site_key,
            profile={"name": WORDS["name"], "email": f"{WORDS['name']}@home.example"},
            page={"url": f"https://acme.example/{WORDS['page']}", "title": WORDS["page"]},
        )
        conversation = (await vera.say(WORDS["said"]))["conversation"]
        await alice.ask("next", "assigned")
        reply = await alice.say(WORDS["reply"], conversation=conversation)
        await alice.ask("edit", "revised", conversation=conversation, id=reply["id"], text=WORDS["edited"])
        await alice.send("note", conversation=conversation, client_id=reply["id"], text=WORDS["note"], ref=1)
        await alice.expect("ack", ref=1)
        await vera.send("message", client_id=reply["id"], text=WORDS["said"])
        await asyncio.to_thread(server.kill)


def flood(of: Organisation) -> tuple[Talk, Talk]:
    """Two conversations of a neighbour's: one of which nothing is stored, one that is stored, which is what the search is tried with."""
    neighbour = house("neighbour", "Nora")
    return neighbour.talk(is_unstored=True), neighbour.talk()


def sealed_in_memory(valkey: redis.Redis) -> list[bytes]:
    """What stands for every word in Valkey, the key excepted."""
    return [
        value[-SEALED:]
        for name in valkey.scan_iter("*unstored:*")
        for field, value in valkey.hgetall(name).items()
        if field not in (b"id", b"key")
    ]


def bodies(talk: Talk) -> list[bytes]:
    with tenant_scope(talk.tenant_id):
        rows = Message.objects.filter(conversation=talk.pk, body__isnull=False)
        return [bytes(row.body or b"")[-SEALED:] for row in rows]


def test_nothing_of_it_lies_anywhere(own_server: WebServer) -> None:
    of = acme()
    with tenant_scope(of.tenant_id):
        RetentionRule.objects.create(primary_months=24, afterwards=Afterwards.NONE.value)
    unstored, stored = flood(of)
    valkey = redis.Redis.from_url(session.urls().redis)

    async def talk() -> None:
        async with writing() as writer:
            await asyncio.gather(
                writer.put(post(stored, WORDS["many"])),
                *(writer.put(post(unstored, f"{WORDS['many']} {number}")) for number in range(MESSAGES)),
            )
        await talk_until_it_is_killed(own_server, of)

    with listening() as heard:
        asyncio.run(talk())
    sealed = sealed_in_memory(valkey)
    assert len(sealed) > MESSAGES
    on_disk = {**files(own_server.folder), **database_files(), **database_dump()}
    for where, places in (("on a disk", on_disk), ("in Valkey", {**memory(), "heard": b"\n".join(heard)})):
        found = {name for name, content in places.items() for form in forms(IN_ALL) if form in content}
        assert found == set(), where
    everything = b"\0".join(on_disk.values())
    assert not [one for one in sealed[:: len(sealed) // LOOKED_FOR] if one in everything]
    (control,) = bodies(stored)
    assert control in everything, "The search finds what is stored."
    assert bodies(unstored) == []
    with tenant_scope(of.tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(body), count(*) FILTER (WHERE masked::text <> '[]') FROM chat_message")
        count, with_body, with_masked = cursor.fetchone()
        assert (count > 0, with_body, with_masked) == (True, 0, 0)
        assert Conversation.objects.filter(is_unstored=True).count() == 1
