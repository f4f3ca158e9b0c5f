"""The leak canary: a whole journey with a number of its own for each way in; afterwards none of them is anywhere.

Web process, worker and beat are real, with the real database and Valkey, at the most talkative log level. Looked through: what anybody was ever sent
(frames, pages, headers, errors), every row of every table, the database's raw files and its WAL, all that Valkey was told and holds, the logs with
the mails in them, temporary files, metrics and the audit export.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from chat.live.work import unscoped
from chat.tasks import close_idle, sweep_queue
from chatplatform.embedded.process import wait_until
from security.audit.export import export_tenant
from security.models import User
from security.scoping import tenant_scope
from tenants.access import access_site
from tenants.models import MaskingDraft
from tenants.rules import Rule, RuleKind
from tenants.services.identity import renew_identity_secret
from tenants.services.masking import drafting
from tenants.services.masking.drafting import Settings
from tests import cast
from tests.cast import Organisation
from tests.chat.live.sockets import Door, Socket, door_to
from tests.services import session
from tests.services.web import WebServer, Worker
from tests.url_objects import objects

from . import http_ways, socket_ways
from .asking import Asking
from .canaries import Canaries
from .places import database_dump, database_files, files, listening, memory
from .processes import Beat

_LIMITS = (
    "FRAMES",
    "VISITOR_ACTS",
    "VISITOR_MESSAGES",
    "AGENT_MESSAGES",
    "REQUESTS",
    "NEW_CONVERSATIONS",
    "WORK_MS",
    "ADDRESS_WORK_MS",
)


@dataclass(slots=True)
class House:
    """An installation of its own in one folder."""

    folder: Path
    web: WebServer
    others: list[WebServer] = field(default_factory=list)

    def stop(self) -> None:
        for server in (*self.others, self.web):
            server.stop()


@pytest.fixture
def house(committed_db: None, tmp_path: Path) -> Iterator[House]:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    extra = {"TMPDIR": str(temporary), "LOG_LEVEL": "DEBUG", **{f"LIMIT_{name}": "1000000" for name in _LIMITS}}
    web = WebServer(session.urls(), tmp_path, extra)
    house = House(tmp_path, web)
    web.start()
    for kind in (Worker, Beat):
        house.others.append(kind(session.urls(), tmp_path, extra))
        house.others[-1].start()
    yield house
    house.stop()


def own_rules(of: Organisation) -> str:
    """A shape of the organisation's own, previews on, and a secret for identities."""
    grant = of.grant("olga")
    with tenant_scope(of.tenant_id):
        rule = Rule(
            public_id=uuid.uuid4(), name="Of the journey", kind=RuleKind.FORMAT, value=("EMP-######",), label="staff"
        )
        drafting.add_rule(grant=grant, rule=rule)
        previews = Settings(
            packs=frozenset(),
            allowed=(),
            keep_last_four=True,
            masks_agents=True,
            visitor_may_undo=False,
            typing_preview=True,
        )
        drafting.change_settings(grant=grant, settings=previews)
        drafting.activate(grant=grant, revision=MaskingDraft.objects.get().revision, now=timezone.now())
    site = access_site(of.site_key)
    with tenant_scope(of.tenant_id):
        return renew_identity_secret(grant=grant, site=site.public_id)


async def talk(door: Door, of: Organisation, canaries: Canaries, secret: str) -> list[Socket]:
    """Both sides of a conversation with a canary in every field that takes text, then every frame that is no good one."""
    alice, bob, sam = [await door.agent(of, name) for name in ("alice", "bob", "sam")]
    vera = await door.visitor(of.site_key, **hello(canaries))
    conversation = (await vera.say(f"first {canaries.card('first message')} {canaries.ssn('first message')}"))[
        "conversation"
    ]
    on = {"conversation": conversation}
    await alice.ask("claim", "assigned", **on)
    for number, written in enumerate(canaries.written("message")):
        await vera.say(f"no {number}: {written} or {canaries.staff('message')} or {canaries.ssn('message')}")
        await vera.send("typing", active=True, preview=written)
        await vera.send("typing", active=True, preview=f"so it is {canaries.staff('preview')}")
    await vera.ask("ping", "pong")
    reply = await alice.say(f"you said {canaries.card('reply')} {canaries.staff('reply')}", **on)
    await alice.ask("edit", "revised", id=reply["id"], text=f"I meant {canaries.card('edit')}", **on)
    await alice.send(
        "note", client_id=uuid.uuid4(), text=f"he is {canaries.card('note')} {canaries.ssn('note')}", ref=1, **on
    )
    await alice.expect("ack", ref=1)
    await alice.ask(
        "tag", "conversation", add=[canaries.card("tag"), canaries.staff("tag")], remove=[canaries.plain("tag")], **on
    )
    await alice.ask("list", "list", view="all", tag=canaries.card("list"))
    await alice.ask("transfer", "conversation", agent=bob.welcome["agent"]["id"], note=canaries.card("offer"), **on)
    await bob.ask("accept", "assigned", **on)
    await sam.ask("watch", "assigned", **on)
    await vera.send("profile", **hello(canaries)["profile"])
    await vera.send("page", **hello(canaries)["page"])
    for socket, frames in ((vera, socket_ways.VISITOR_FRAMES), (bob, socket_ways.AGENT_FRAMES)):
        await socket_ways.send_every_field(socket, frames, canaries, conversation)
        await socket_ways.send_no_frames(socket, canaries)
    await vera.ask("rate", "status", score=2, comment=f"{canaries.card('comment')} {canaries.staff('comment')}")
    for token in tokens(canaries, of, secret):
        await vera.send("identify", token=token)
    await vera.ask("ping", "pong")
    await socket_ways.end_badly(door, of, canaries)
    rest = [await look_again(door, of, conversation), alice, bob, sam, vera]
    await bob.ask("close", "conversation", outcome=f"done {canaries.plain('outcome')}", **on)
    return rest


async def talk_in_pieces(door: Door, of: Organisation, canaries: Canaries) -> list[Socket]:
    """Numbers over several messages: in one tab, over a reconnect, over the end of a conversation; an agent listens all the time."""
    alice = await door.agent(of, "alice")
    vito = await door.visitor(of.site_key)
    conversation = (await vito.say("Hello, I want to pay"))["conversation"]
    await alice.ask("claim", "assigned", conversation=conversation)
    middle = [await vito.say(piece) for piece in canaries.pieces("card in three")][1]
    assert {entry["kind"] for entry in middle["masked"]} == {"held"}
    for piece in canaries.halves("ssn in two"):
        await vito.say(piece)
    first, *rest = canaries.pieces("card over a reconnect")
    await vito.say(first)
    await vito.connection.close()
    back = await door.visitor(of.site_key, token=vito.welcome["token"], conversation=conversation)
    for piece in rest:
        await back.say(piece)
    first, second, third = canaries.pieces("card over the end")
    await back.say(first)
    await back.say(second)
    await back.ask("end", "status")
    last = await back.say(third)
    assert last["conversation"] != conversation
    await alice.ask("claim", "assigned", conversation=last["conversation"])
    await alice.ask("history", "history", conversation=conversation, limit=200)
    texts = [str(frame["text"]) for frame in alice.of("revised")]
    assert sum("•" in text for text in texts) > len(texts) / 2
    return [alice, vito, back, await look_again(door, of, conversation)]


def hello(canaries: Canaries) -> dict[str, Any]:
    card, plain = canaries.card, canaries.plain
    return {
        "profile": {
            "name": f"Vera {card('name')} {canaries.staff('name')}",
            "fields": {"order": f"{card('custom field')} {canaries.ssn('custom field')}"},
        },
        "page": {
            "url": f"https://shop.example/pay/{plain('path')}/?card={plain('query')}&q={card('query').replace(' ', '+')}#{plain('hash')}",
            "title": f"Pay {card('title')}",
            "referrer": f"https://{plain('user')}:x@shop.example/{card('referrer').replace(' ', '-')}",
        },
    }


def tokens(canaries: Canaries, of: Organisation, secret: str) -> list[str]:
    """Good and bad ones, with a canary in each claim and in the header."""
    now = datetime.now(UTC)
    good = {"sub": "42", "aud": of.site_key, "exp": now + timedelta(minutes=4), "jti": uuid.uuid4().hex}
    claims: list[dict[str, Any]] = [
        {"name": f"Vera {canaries.card('claim name')}"},
        {"email": f"{canaries.plain('claim email')}@home.example"},
        {"sub": canaries.card("claim sub"), "jti": canaries.card("claim jti")},
        {"aud": canaries.card("claim aud")},
        {"exp": int(canaries.plain("claim exp"))},
        {canaries.card("claim"): canaries.card("claim"), "fields": {"a": canaries.card("claim")}},
    ]
    headers = {"kid": canaries.card("token header")}
    return [
        jwt.encode({**good, "jti": uuid.uuid4().hex, **extra}, secret, "HS256", headers=headers) for extra in claims
    ]


async def look_again(door: Door, of: Organisation, conversation: str) -> Socket:
    """A colleague who comes later is sent all of it."""
    sam = await door.agent(of, "sam", open={conversation: [0, 0]})
    await sam.ask("history", "history", conversation=conversation, limit=200)
    return sam


async def let_jobs_run(of: Organisation) -> None:
    for task in (close_idle, sweep_queue):
        await asyncio.to_thread(task.delay, of.tenant_id)


def browse(house: House, of: Organisation, canaries: Canaries) -> list[tuple[str, bytes]]:
    """Every page's forms filled by a stranger, an owner and an operator; then all pages looked at."""
    known = objects(of)
    stranger, olga = Asking(house.web, canaries), Asking(house.web, canaries, of.session("olga"))
    oscar = User.objects.create_superuser("oscar@platform.example", None)
    client = Client()
    client.force_login(oscar, settings.AUTHENTICATION_BACKENDS[-1])
    operator = replace(stranger, session=client.cookies[settings.SESSION_COOKIE_NAME].value, answers=[])
    http_ways.fill_all(stranger, of, known, "stranger")
    http_ways.send_headers(stranger, of)
    http_ways.ask_addresses(stranger, of)
    http_ways.send_bodies(stranger, of)
    http_ways.cause_mails(stranger)
    http_ways.fill_all(operator, of, known, "operator")
    http_ways.fill_all(olga, of, known, "owner")
    http_ways.ask_addresses(olga, of)
    http_ways.look_at_all(olga, of, known)
    olga.ask("GET", "/metrics")
    return [*stranger.answers, *operator.answers, *olga.answers]


def wait_until_mailed(house: House) -> None:
    """Mails are queued and sent by the worker."""
    log = house.folder / "worker.log"
    wait_until(
        lambda: b"Subject: " in log.read_bytes(), alive=lambda: True, seconds=30, failure=lambda: "no mail was sent"
    )


def assert_really_done(house: House, answers: list[tuple[str, bytes]]) -> None:
    """That the journey went where it says: forms were stored, refused ones came back, jobs ran, mails left."""
    statuses = {name for name, _ in answers}
    assert len(statuses) > 150
    assert any(b"\xe2\x80\xa2" in content for name, content in answers if name.startswith("POST"))
    assert b"DEBUG" in (house.folder / "web.log").read_bytes()
    assert b"Subject: " in (house.folder / "worker.log").read_bytes()
    assert b"chat.sweep_queue" in (house.folder / "worker.log").read_bytes()
    assert b"Scheduler: Sending due task" in (house.folder / "beat.log").read_bytes()


async def test_no_number_is_anywhere(house: House) -> None:
    canaries, of = Canaries(), await unscoped(cast.acme)
    secret = await unscoped(own_rules, of)
    with listening() as heard:
        async with door_to(house.web) as door:
            sockets = await talk(door, of, canaries, secret)
            sockets += await talk_in_pieces(door, of, canaries)
            await let_jobs_run(of)
            answers = await unscoped(browse, house, of, canaries)
            frames = {f"frames of {place}": _frames(socket) for place, socket in enumerate(sockets)}
        await asyncio.to_thread(wait_until_mailed, house)
        export = await unscoped(lambda: "\n".join(export_tenant(of.tenant_id)).encode())
        await asyncio.to_thread(house.stop)
    assert_really_done(house, answers)
    places = {
        **frames,
        **{f"answer to {name}": content for name, content in answers},
        "audit export": export,
        "valkey's commands": b"\n".join(heard),
        **await asyncio.to_thread(lambda: {**files(house.folder), **database_dump(), **database_files(), **memory()}),
    }
    assert any("pg_wal" in name for name in places)
    assert "dump:public.chat_message" in places
    found = {(place, entry) for place, content in places.items() for entry in canaries.found(content)}
    assert found == set()


_OWN = ("ref", "client_id")
"""Come back to their sender alone, parsed as an integer and a UUID: nobody else ever sees them."""


def _frames(socket: Socket) -> bytes:
    """All that this socket was sent, but for what is the sender's own by contract."""
    heard = [{name: value for name, value in frame.items() if name not in _OWN} for frame in socket.heard]
    for frame in heard:
        if frame["type"] == "error":
            frame.pop("conversation", None)
    return json.dumps(heard, ensure_ascii=False).encode()
