"""What a hostile client sends to the real server, and what it learns of it: a fixed code, nothing of its input, nobody else's data."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import InvalidStatus
from websockets.frames import CloseCode

from chat.live.protocol.codes import DETAILS, ErrorCode
from chat.live.work import in_scope, unscoped
from chat.models import Conversation, Message
from security.scoping import tenant_scope
from tests.cast import Organisation
from tests.services.web import WebServer

from .sockets import Door, Socket
from .test_conversation import talking

CANARY = "canary-7f3a"
PATHS = ("/ws/visitor/{key}/", "/ws/agent/")
EVIL: tuple[Callable[[WebServer], str | None], ...] = (
    lambda _: None,
    lambda _: "null",
    lambda _: "https://evil.example",
    lambda server: f"http://127.0.0.1:{server.port + 1}",
    lambda server: f"https://127.0.0.1:{server.port}",
    lambda server: f"{server.url}.evil.example",
    lambda server: f"http://evil.example#{server.url}",
    lambda server: f"http://evil.example@127.0.0.1:{server.port}",
    lambda server: f"http://127.0.0.1@evil.example:{server.port}",
    lambda server: f"{server.url}/",
    lambda server: f"{server.url} https://evil.example",
    lambda server: f"http://x127.0.0.1:{server.port}",
    lambda server: f"file://127.0.0.1:{server.port}",
)


@pytest.mark.parametrize("path", PATHS)
async def test_a_foreign_origin_never_gets_a_socket(door: Door, acme_live: Organisation, path: str) -> None:
    for origin in (make(door.server) for make in EVIL):
        with pytest.raises(InvalidStatus) as refused:
            await door.dial(path.format(key=acme_live.site_key), origin=origin)
        assert refused.value.response.status_code == 403, origin


@pytest.mark.parametrize("path", PATHS)
async def test_two_origins_are_none(door: Door, acme_live: Organisation, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await door.dial(
            path.format(key=acme_live.site_key), origin="https://evil.example", headers={"Origin": door.server.url}
        )
    assert refused.value.response.status_code in {400, 403}, "400 where the server's library is the first to see it"


@pytest.mark.parametrize("path", ["/ws/", "/ws/agent", "/ws/admin/", "/"])
async def test_there_are_two_sockets_and_no_third(door: Door, acme_live: Organisation, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await door.dial(path)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("key", ["pk_missing", "x", "pk_" + "a" * 37, "pk_%00", "pk_'--"])
async def test_a_site_that_is_not_there(door: Door, acme_live: Organisation, key: str) -> None:
    assert await (await door.dial(f"/ws/visitor/{key}/")).closed() == 4404


async def test_a_stranger_at_the_console(door: Door, acme_live: Organisation) -> None:
    for session in (None, "0" * 32, CANARY):
        assert await (await door.staff(session)).closed() == 4401


BAD = {
    "no JSON": "{",
    "an array": "[]",
    "no object": '"hello"',
    "no type": "{}",
    "a type that is a number": '{"type": 1}',
    "a type that is not": f'{{"type": "{CANARY}"}}',
    "an agent's type": '{"type": "claim", "conversation": "00000000-0000-0000-0000-000000000001"}',
    "a second key": f'{{"type": "ping", "type": "ping", "x": "{CANARY}"}}',
    "a second key inside": '{"type": "profile", "fields": {"a": "b", "a": "c"}}',
    "an unknown field": f'{{"type": "ping", "{CANARY}": 1}}',
    "a reference that is a text": f'{{"type": "ping", "ref": "{CANARY}"}}',
    "a reference that is true": '{"type": "ping", "ref": true}',
    "a client id that is none": f'{{"type": "message", "client_id": "{CANARY}", "text": "x"}}',
    "a blank text": f'{{"type": "message", "client_id": "{uuid4()}", "text": " \\u200b\\n"}}',
    "a text that is a number": f'{{"type": "message", "client_id": "{uuid4()}", "text": 1}}',
    "half a character": f'{{"type": "message", "client_id": "{uuid4()}", "text": "\\ud800"}}',
    "no number": '{"type": "read", "seq": NaN}',
    "a number too large": '{"type": "read", "seq": 99999999999999999999}',
    "a negative number": '{"type": "read", "seq": -1}',
    "an address that is none": f'{{"type": "profile", "email": "{CANARY}"}}',
    "an address of the page that is none": f'{{"type": "page", "url": "javascript:{CANARY}"}}',
    "a score of six": '{"type": "rate", "score": 6}',
    "a limit of 101": '{"type": "history", "limit": 101}',
    "depth": "[" * 5_000,
    "a second greeting": '{"type": "hello", "token": null, "conversation": null, "last_seq": 0, "last_rev": 0}',
}


@pytest.fixture
async def vera(door: Door, acme_live: Organisation) -> Socket:
    return await door.visitor(acme_live.site_key)


async def test_a_bad_frame_is_named_and_the_socket_stays(vera: Socket) -> None:
    for name, raw in BAD.items():
        await vera.send_raw(raw)
        error = await vera.expect("error")
        assert error["code"] == "bad_frame", name
        assert error["detail"] == DETAILS[ErrorCode.BAD_FRAME], name
        await vera.ask("ping", "pong")
    assert CANARY not in str(vera.heard)


async def test_ten_bad_frames_in_a_row_are_forgiven_and_the_eleventh_is_not(
    door: Door, acme_live: Organisation
) -> None:
    vera = await door.visitor(acme_live.site_key)
    for _ in range(10):
        await vera.send_raw("{")
    await vera.ask("ping", "pong")
    assert len(vera.of("error")) == 10
    for _ in range(11):
        await vera.send_raw("{")
    assert await vera.closed() == 4400


async def test_binary_is_refused(vera: Socket) -> None:
    await vera.send_raw(b'{"type": "ping"}')
    assert await vera.closed() == 4400


async def test_a_text_may_have_8000_characters_and_no_more(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    client_id = str(uuid4())
    await vera.send("message", client_id=client_id, text="€" * 8_001, ref=5)
    error = await vera.expect("error")
    assert (error["code"], error["ref"]) == ("too_long", 5)
    assert (await vera.say("€" * 8_000, client_id=client_id))["text"] == "€" * 8_000


async def test_a_frame_over_64_kib_closes_the_socket(door: Door, acme_live: Organisation) -> None:
    for size in (64 * 1024 + 1, 1024 * 1024):
        vera = await door.visitor(acme_live.site_key)
        frame = json.dumps({"type": "ping", "x": ""})
        await vera.send_raw(frame[:-2] + "x" * (size - len(frame)) + frame[-2:])
        assert await vera.closed() == CloseCode.MESSAGE_TOO_BIG
    vera = await door.visitor(acme_live.site_key)
    await vera.send_raw(frame[:-2] + "x" * (64 * 1024 - len(frame)) + frame[-2:])
    assert (await vera.expect("error"))["code"] == "bad_frame", "As large as allowed is looked at"


async def test_the_greeting_comes_first(door: Door, acme_live: Organisation) -> None:
    socket = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    client_id = str(uuid4())
    await socket.send("message", client_id=client_id, text="Hello")
    assert (await socket.expect("error"))["code"] == "bad_frame"
    staff = await door.staff(await unscoped(acme_live.session, "alice"))
    await staff.send("next")
    assert (await staff.expect("error"))["code"] == "bad_frame"

    def written() -> int:
        return Message.objects.count()

    assert await in_scope(acme_live.tenant_id, written) == 0


async def test_who_says_nothing_is_sent_away(door: Door, acme_live: Organisation) -> None:
    socket = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    assert await socket.closed() == 1001
    assert socket.heard == []


async def test_a_flood_of_messages_is_slowed_and_a_flood_of_frames_ends(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    ids = [str(uuid4()) for _ in range(21)]
    for client_id in ids:
        await vera.send("message", client_id=client_id, text="again")
    error = await vera.expect("error", code="rate_limited")
    assert error["client_id"] == ids[-1]
    assert 1 <= error["retry_after"] <= 10
    tab = await door.visitor(acme_live.site_key, token=vera.welcome["token"])
    await tab.send("message", client_id=uuid4(), text="from another tab")
    assert (await tab.expect("error"))["code"] == "rate_limited", "The limit is the person's, not the socket's"
    for _ in range(100):
        await tab.send("ping")
    assert await tab.closed() == 4429


async def test_a_sixth_tab_replaces_the_first(door: Door, acme_live: Organisation) -> None:
    first = await door.visitor(acme_live.site_key)
    await first.say("Hello")
    token = first.welcome["token"]
    others = [await door.visitor(acme_live.site_key, token=token) for _ in range(4)]
    await first.ask("ping", "pong")
    last = await door.visitor(acme_live.site_key, token=token)
    assert await first.closed() == 4409
    for socket in (*others, last):
        await socket.ask("ping", "pong")


async def test_a_token_of_another_site_or_of_nobody_is_no_token(
    door: Door, acme_live: Organisation, rival_live: Organisation
) -> None:
    vera = await door.visitor(acme_live.site_key)
    sent = await vera.say("Mine")
    for key, token in ((rival_live.site_key, vera.welcome["token"]), (acme_live.site_key, "A" * 43)):
        stranger = await door.visitor(key, token=token, conversation=sent["conversation"])
        assert stranger.welcome["conversation"] is None
        assert stranger.welcome["token"] not in {token, vera.welcome["token"]}
        assert (await stranger.ask("history", "error"))["code"] == "not_found"


@pytest.mark.parametrize("who", ["mallory", "max"])
async def test_anothers_conversation_looks_like_a_missing_one(
    door: Door, acme_live: Organisation, rival_live: Organisation, who: str
) -> None:
    """Every frame that names something, with Acme's things sent by Rival's owner and agent: the very answer that nothing gets."""
    vera, alice, conversation = await talking(door, acme_live)
    sent = await alice.say("Between Acme and Vera", conversation=conversation)
    await alice.ask("tag", "conversation", conversation=conversation, add=["acmes"], remove=[])
    sales = str(await unscoped(acme_live.add_department, "Sales"))
    theirs = {
        "conversation": conversation,
        "id": sent["id"],
        "department": sales,
        "agent": alice.welcome["agent"]["id"],
    }
    nothing = {name: str(UUID(int=number)) for number, name in enumerate(theirs, 1)}
    mallory = await door.agent(rival_live, who)
    before = len(vera.heard)
    for kind, fields in naming(rival_live).items():
        answers = []
        for ids in (theirs, nothing):
            named = {name: ids[name] if value is NAMED else value for name, value in fields.items()}
            await mallory.send(kind, ref=1, **named)
            pong = mallory.ask("ping", "pong")
            await pong
            answer = [frame for frame in mallory.pending if frame.get("ref") == 1]
            mallory.pending.clear()
            answers.append(json.dumps(answer).replace(ids["conversation"], "C").replace(ids["id"], "M"))
        assert answers[0] == answers[1], kind
        assert "Between" not in answers[0]
    own = await begun(door, rival_live, mallory)
    for extra in ({"department": sales}, {"agent": theirs["agent"]}):
        refused = await mallory.ask("transfer", "error", conversation=own, **extra)
        assert refused["code"] == "not_found"
    assert len(vera.heard) == before
    assert (await unscoped(untouched, acme_live, conversation)) == ("open", 1)


NAMED = object()


def naming(of: Organisation) -> dict[str, dict[str, object]]:
    """Each frame that names something, in a form that is answered where it exists."""
    on: dict[str, object] = {"conversation": NAMED}
    text = {"client_id": uuid4(), "text": "x"}
    return {
        "claim": on, "message": {**on, **text}, "note": {**on, **text}, "edit": {**on, "id": NAMED, "text": "x"},
        "typing": {**on, "active": True}, "read": {**on, "seq": 1}, "history": on,
        "transfer": {**on, "department": NAMED}, "accept": on, "decline": on, "tag": {**on, "add": ["x"]},
        "close": on, "reopen": on, "watch": on, "unwatch": on,
        "block": {**on, "reason": "x"}, "unblock": on,
        "list": {"view": "all", "department": NAMED, "agent": NAMED},
    }  # fmt: skip


async def begun(door: Door, of: Organisation, agent: Socket) -> str:
    visitor = await door.visitor(of.site_key)
    await visitor.say("Hello")
    taken = await agent.ask("next", "assigned")
    return str(taken["conversation"]["id"])


def untouched(acme: Organisation, conversation: str) -> tuple[str, int]:
    with tenant_scope(acme.tenant_id):
        row = Conversation.objects.get(public_id=conversation)
        return row.status, row.tagged.count()
