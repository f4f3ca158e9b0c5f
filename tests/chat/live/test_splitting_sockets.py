"""Numbers split over several messages, over the real server: what an agent ever saw, what the visitor is told, what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest

from chat import sealing
from chat.live.work import in_scope, unscoped
from chat.models import Conversation, Message
from tenants.access import access_site
from tenants.services.identity import renew_identity_secret
from tests.cast import Organisation
from tests.services import session
from tests.services.web import WebServer

from .sockets import Door, Frame, Socket, door_to

HELD = "•••• (checking…)"
HELLO = "Hello there"


async def talking(door: Door, acme: Organisation, text: str = HELLO) -> tuple[Socket, Socket, str]:
    alice = await door.agent(acme, "alice")
    vera = await door.visitor(acme.site_key, profile={"name": "Vera"})
    ack = await vera.say(text)
    await alice.ask("next", "assigned")
    return vera, alice, ack["conversation"]


async def stored(acme: Organisation) -> list[str]:
    """Every message of the tenant that a person wrote, oldest first."""

    def read() -> list[str]:
        rows = Message.objects.exclude(author_kind="system").select_related("conversation").order_by("sent_at", "pk")
        return [str(sealing.open_message(row, conversation=row.conversation.public_id)) for row in rows]

    return await in_scope(acme.tenant_id, read)


def digits_seen(socket: Socket) -> set[str]:
    """All digits in every text that this socket was ever sent."""
    texts = [str(text) for frame in socket.heard for text in _texts(frame)]
    return {"".join(char for char in text if char.isdigit()) for text in texts} - {""}


def _texts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, entry in value.items():
            if name in ("text", "last_text", "preview"):
                yield entry
            else:
                yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)


async def show(alice: Socket, conversation: str) -> list[Frame]:
    """What the agent's client is given when it opens the conversation anew."""
    history = await alice.ask("history", "history", conversation=conversation, limit=100)
    return [message for message in history["messages"] if message["author"]["kind"] == "visitor"]


async def test_halves_are_held_then_masked_and_both_sides_are_told(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    first = await vera.say("4242 4242")
    assert (first["text"], first["masked"]) == (HELD, [{"kind": "held", "count": 1}])
    assert (await alice.expect("message", id=first["id"]))["text"] == HELD
    second = await vera.say("4242 4242")
    assert (second["text"], second["masked"]) == ("•••• 4242", [{"kind": "card", "count": 1}])
    for socket in (vera, alice):
        revised = await socket.expect("revised", id=first["id"])
        assert (revised["text"], revised["reason"]) == ("•••• ••••", "masked")
        assert revised["masked"] == [{"kind": "card", "count": 1}]
        assert revised["rev"] > second["rev"]
    assert (await alice.expect("message", id=second["id"]))["text"] == "•••• 4242"
    assert digits_seen(alice) == {"4242"}
    assert [message["text"] for message in await show(alice, conversation)] == [HELLO, "•••• ••••", "•••• 4242"]
    assert await stored(acme_live) == [HELLO, "•••• ••••", "•••• 4242"]


async def test_two_sockets_of_one_visitor_at_once_slip_no_half_through(door: Door, acme_live: Organisation) -> None:
    vera, alice, _ = await talking(door, acme_live)
    other = await door.visitor(acme_live.site_key, token=vera.welcome["token"])
    await asyncio.gather(vera.say("4242424242"), other.say("424242"))
    texts = await stored(acme_live)
    # Which of the two came first is anybody's guess.
    assert "".join(char for text in texts for char in text if char.isdigit()) == "4242"
    await alice.ask("ping", "pong")
    assert all(len(digits) <= 6 for digits in digits_seen(alice))


async def test_a_client_that_was_away_learns_by_rev_what_was_masked(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    first = await vera.say("424242")
    await alice.expect("message", id=first["id"])
    await vera.connection.close()
    await alice.connection.close()
    back = await door.visitor(
        acme_live.site_key,
        token=vera.welcome["token"],
        conversation=conversation,
        last_seq=first["seq"],
        last_rev=first["rev"],
    )
    second = await back.say("4242424242")
    assert second["text"] == "••••••4242"
    assert (await back.expect("revised", id=first["id"]))["text"] == "••••••"
    again = await door.agent(acme_live, "alice", open={conversation: [first["seq"], first["rev"]]})
    revised = await again.expect("revised", id=first["id"])
    assert (revised["text"], revised["reason"]) == ("••••••", "masked")
    assert await stored(acme_live) == [HELLO, "••••••", "••••••4242"]


async def test_the_first_message_takes_part(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    first = await vera.say("my card is 4242 4242")
    assert first["text"] == HELD
    alice = await door.agent(acme_live, "alice")
    taken = await alice.ask("next", "assigned")
    assert taken["conversation"]["last_text"] == HELD
    second = await vera.say("4242 4242")
    assert second["text"] == "•••• 4242"
    assert (await vera.expect("revised", id=first["id"]))["text"] == "my card is •••• ••••"
    assert await stored(acme_live) == ["my card is •••• ••••", "•••• 4242"]
    assert digits_seen(alice) <= {"4242"}


async def test_the_first_message_after_the_end_goes_on_with_the_number(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    first = await vera.say("42424")
    await alice.expect("message", id=first["id"])
    await vera.ask("end", "status")
    second = await vera.say("242424 24242")
    assert second["conversation"] != conversation
    assert (second["text"], second["masked"]) == ("•••••• •4242", [{"kind": "card", "count": 1}])
    assert (await alice.expect("revised", id=first["id"]))["text"] == "•••••"
    assert await stored(acme_live) == [HELLO, "•••••", "•••••• •4242"]


async def test_a_comment_on_the_conversation_takes_part(door: Door, acme_live: Organisation) -> None:
    vera, _, conversation = await talking(door, acme_live)
    await vera.say("42424242")
    await vera.ask("end", "status")
    await vera.ask("rate", "status", score=2, comment="42424242")

    def comment() -> str:
        return str(sealing.open_rating_comment(Conversation.objects.get(public_id=conversation)))

    shown = await in_scope(acme_live.tenant_id, comment)
    assert sum(char.isdigit() for char in shown) <= 4
    assert not any(char.isdigit() for char in (await stored(acme_live))[-1])


async def test_what_a_first_message_holds_is_released_when_the_subject_changes(
    door: Door, acme_live: Organisation
) -> None:
    vera = await door.visitor(acme_live.site_key)
    first = await vera.say("4242 4242")
    assert first["text"] == HELD
    await vera.say("actually where has my parcel gone")
    revised = await vera.expect("revised", id=first["id"])
    assert (revised["text"], revised["reason"], revised["masked"]) == ("4242 4242", "released", [])
    assert await stored(acme_live) == ["4242 4242", "actually where has my parcel gone"]


async def test_lists_show_what_the_last_message_says_now(door: Door, acme_live: Organisation) -> None:
    vera, alice, _ = await talking(door, acme_live)
    await vera.say("4242 4242")
    while (await alice.expect("conversation"))["conversation"]["last_text"] != HELD:
        pass
    await vera.say("4242 4242")
    while (await alice.expect("conversation"))["conversation"]["last_text"] != "•••• 4242":
        pass
    assert digits_seen(alice) == {"4242"}


@pytest.fixture
def hasty_server(server: WebServer, tmp_path: Path) -> Iterator[WebServer]:
    """One that holds for a second."""
    hasty = WebServer(session.urls(), tmp_path, {"LIMIT_HELD_SECONDS": "1"})
    hasty.start()
    yield hasty
    hasty.stop()


async def test_what_nothing_follows_is_released_by_itself_as_it_was_typed(
    hasty_server: WebServer, acme_live: Organisation
) -> None:
    async with door_to(hasty_server) as door:
        vera, alice, conversation = await talking(door, acme_live)
        held = await vera.say("4242 4242")
        assert (held["text"], held["masked"]) == (HELD, [{"kind": "held", "count": 1}])
        assert (await alice.expect("message", id=held["id"]))["text"] == HELD
        for socket in (alice, vera):
            revised = await socket.expect("revised", id=held["id"])
            assert (revised["text"], revised["reason"], revised["masked"]) == ("4242 4242", "released", [])
            assert revised["rev"] > held["rev"]
        assert [message["text"] for message in await show(alice, conversation)] == [HELLO, "4242 4242"]
        assert await stored(acme_live) == [HELLO, "4242 4242"]


async def test_what_the_browser_masked_is_listed_and_what_follows_it_is_masked(
    door: Door, acme_live: Organisation
) -> None:
    bullets = "my card is •••• •••• •••• 4242"
    vera, alice, conversation = await talking(door, acme_live, bullets)
    listed = [{"kind": "card", "count": 1}]
    sent = await vera.say(f"{bullets}, I am •••-••-••••")
    assert sent["masked"] == [*listed, {"kind": "ssn", "count": 1}]
    assert (await alice.expect("message", id=sent["id"]))["masked"] == sent["masked"]
    assert [message["masked"] for message in await show(alice, conversation)] == [listed, sent["masked"]]
    assert (await vera.say("123"))["text"] == "•••"


async def test_bullets_that_a_visitor_types_take_nothing_out_of_the_joining(
    door: Door, acme_live: Organisation
) -> None:
    vera, alice, _ = await talking(door, acme_live)
    typed = "•••• •••• •••• ••••. it begins with 4242"
    first = await vera.say(typed)
    assert (first["text"], first["masked"]) == (typed, [{"kind": "card", "count": 1}])
    await vera.say("424242 424242")
    assert (await alice.expect("revised", id=first["id"]))["text"] == typed.replace("4242", "••••")
    assert await stored(acme_live) == [HELLO, typed.replace("4242", "••••"), "•••••• ••4242"]


async def vouched_for(acme: Organisation, subject: str) -> str:
    """A token by which the organisation's own server names a visitor."""
    site = await unscoped(access_site, acme.site_key)
    grant = await unscoped(acme.grant, "olga")
    secret = await in_scope(acme.tenant_id, renew_identity_secret, grant=grant, site=site.public_id)
    ends = datetime.now(UTC) + timedelta(minutes=4)
    claims = {"sub": subject, "aud": site.key, "exp": ends, "jti": uuid4().hex}
    return jwt.encode(claims, secret, algorithm="HS256")


async def test_who_becomes_another_visitor_in_the_middle_of_a_number_shows_no_more_of_it(
    door: Door, acme_live: Organisation
) -> None:
    acme = acme_live
    known = await door.visitor(acme.site_key, identity=await vouched_for(acme, "42"))
    await known.say("I was here before")
    vera, alice, _ = await talking(door, acme)
    first = await vera.say("it is 4242 42")
    assert first["text"] == "it is 4242 42"
    await vera.ask("identify", "status", token=await vouched_for(acme, "42"))
    second = await vera.say("42 4242 4242")
    assert (second["text"], second["masked"]) == ("•• •••• ••••", [{"kind": "card", "count": 1}])
    assert (await vera.say("and my order came on time"))["text"] == "and my order came on time"
    assert all(len(digits) <= 6 for digits in digits_seen(alice))


@pytest.fixture
def other_server(server: WebServer, tmp_path: Path) -> Iterator[WebServer]:
    """A second process on the same database and Valkey."""
    other = WebServer(session.urls(), tmp_path)
    other.start()
    yield other
    other.stop()


async def test_halves_over_two_processes_are_joined_and_what_one_held_that_is_gone_stays_masked(
    door: Door, other_server: WebServer, acme_live: Organisation
) -> None:
    acme = acme_live
    async with door_to(other_server) as other_door:
        vera, alice, _ = await talking(door, acme)
        first = await vera.say("4242")
        there = await other_door.visitor(acme.site_key, token=vera.welcome["token"])
        second = await there.say("4242 4242")
        assert second["text"] == HELD
        third = await vera.say("4242")
        assert third["text"] == "••••", "What the other process holds is unknown here"
        await asyncio.to_thread(other_server.stop)
        await vera.say("actually where has my parcel gone")
        texts = await stored(acme)
        assert texts[2:] == [HELD, "••••", "actually where has my parcel gone"]
        assert (await alice.expect("message", id=first["id"]))["text"] == "4242"
        assert all(len(digits) <= 6 for digits in digits_seen(alice))
