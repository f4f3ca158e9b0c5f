"""What one visitor or one address may do: acts, new conversations, and how long a counter is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from chat.live.consumers import VisitorConsumer
from chat.live.openings import Openings
from chat.live.runtime import Live
from security.sockets.codes import CloseCode
from security.sockets.limits import Rate
from tests.cast import Organisation

from .sockets import Door
from .test_conversation_states import actions

NOW = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)


async def test_a_flood_of_acts_is_slowed_and_messages_are_not(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    for ref in range(21):
        await vera.send("page", url="https://shop.example/", ref=ref)
    refused = await vera.expect("error")
    assert (refused["code"], refused["ref"]) == ("rate_limited", 20)
    assert 1 <= refused["retry_after"] <= 10
    tab = await door.visitor(acme_live.site_key, token=vera.welcome["token"])
    await vera.say("Hello")
    assert (await tab.ask("ping", "pong"))["type"] == "pong"


async def test_the_same_rating_again_is_not_recorded(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    await vera.say("Hello")
    for score, comment in ((4, "Kind"), (4, "Kind"), (5, "Kind"), (5, "Very kind"), (5, "Very kind")):
        await vera.ask("rate", "status", score=score, comment=comment)
    assert (await actions(acme_live)).count("conversation.rated") == 3


async def test_an_address_begins_so_many_conversations_and_no_more(door: Door, acme_live: Organisation) -> None:
    begun = 0
    for _ in range(21):  # should a stretch of ten minutes end just now, another one begins
        vera = await door.visitor(acme_live.site_key)
        client_id = uuid4()
        await vera.send("message", client_id=client_id, text="Hello")
        answer = await vera.either("ack", "error")
        if answer["type"] == "error":
            break
        begun += 1
    assert (answer["type"], answer.get("code"), answer["client_id"]) == ("error", "rate_limited", str(client_id))
    assert 1 <= answer["retry_after"] <= 600
    assert begun >= 10


def test_openings_are_counted_by_site_and_network_and_stretch() -> None:
    site, openings = uuid4(), Openings(2)
    assert [openings.spend(site, "192.0.2.7", now=NOW) for _ in range(3)] == [0, 0, 570]
    assert openings.spend(site, "192.0.2.8", now=NOW) == 0
    assert openings.spend(uuid4(), "192.0.2.7", now=NOW) == 0
    assert openings.spend(site, "192.0.2.7", now=NOW + timedelta(minutes=10)) == 0
    assert [openings.spend(site, f"2001:db8::{n}", now=NOW) for n in range(1, 4)] == [0, 0, 570]
    assert openings.spend(site, "2001:db8:0:1::1", now=NOW) == 0
    assert Openings(2).spend(site, "192.0.2.7", now=NOW) == 570, "Another process counts on"


def test_openings_are_counted_while_valkey_is_away(settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nonexistent/v.sock"}
    }
    site, openings = uuid4(), Openings(2)
    assert [openings.spend(site, "192.0.2.7", now=NOW) for _ in range(3)] == [0, 0, 570]
    assert openings.spend(site, None, now=NOW) == 0


async def test_members_send_ten_times_as_much_as_visitors(door: Door, acme_live: Organisation) -> None:
    vera, alice = await door.visitor(acme_live.site_key), await door.agent(acme_live, "alice")
    for _ in range(100):  # and her greeting
        await vera.send("ping")
    assert await vera.closed() == CloseCode.TOO_MANY
    for ref in range(999):
        await alice.send("ping", ref=ref)
    await alice.expect("pong", ref=998)
    await alice.send("ping")
    assert await alice.closed() == CloseCode.TOO_MANY


class Tab:
    def cut(self, code: CloseCode, /) -> None:
        raise AssertionError(code)


async def test_counters_of_who_is_gone_are_forgotten_once_they_are_empty() -> None:
    live, first, second = Live(), Tab(), Tab()
    live.limits = replace(live.limits, within=0.02)
    counters = (live.visitor_rates, live.visitor_acts, live.agent_rates)
    for key in ("visitor:vera", "visitor:victor"):
        for counter in counters:
            counter.of(key).spend(live.loop.time())
        live.seats.take(key, first, 5)
    live.seats.take("visitor:vera", second, 5)
    for key in ("visitor:vera", "visitor:victor"):
        live.leave_seat(key, first)
    assert [len(counter) for counter in counters] == [2, 2, 2], "Coming again at once does not begin anew"
    async with asyncio.timeout(5):
        while any(len(counter) > 1 for counter in counters):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert all(counter.of("visitor:vera").moments for counter in counters), "She still has a tab"


async def test_an_organisations_visitors_together_write_so_much_and_no_more() -> None:
    live = Live()
    live.limits = replace(live.limits, tenant_messages=300)
    taken = [live.charge_tenant(1) for _ in range(20_000)]
    assert 30 <= sum(taken) < 5_000, "As many as in a second, and what a busy machine's seconds add"
    assert live.charge_tenant(2), "Another organisation has messages of its own"


async def test_a_visitor_is_asked_to_wait_for_the_others_too() -> None:
    vera = VisitorConsumer()
    vera.live, vera.tenant_id, vera.rate = Live(), 1, Rate(3, 60.0)
    vera.live.limits = replace(vera.live.limits, tenant_messages=2, within=1e9)
    assert [vera.charge("message") for _ in range(9)] == [0.0] + [1.0] * 8, "One at once"
    assert len(vera.rate.moments) == 1, "What others wrote too much is not counted as hers"
    vera.live._tenant_messages.clear()
    vera.rate = Rate(1, 60.0)
    assert vera.charge("message") == 0.0
    assert vera.charge("message") > 1.0, "She has written too much herself by now"


async def test_an_organisation_that_has_been_gone_for_a_while_is_not_remembered() -> None:
    live = Live()
    live.limits = replace(live.limits, within=0.01)
    for tenant_id in (1, 2):
        live._tenants[tenant_id] += 2
        live.charge_tenant(tenant_id)
        live.leave(tenant_id)
    live.leave(1)
    assert live._tenant_messages.keys() == {1, 2}, "Coming again at once does not begin anew"
    async with asyncio.timeout(30):
        while 1 in live._tenant_messages:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert live._tenant_messages.keys() == {2}, "It still has a socket"


@pytest.mark.parametrize("kind", ["message", "page", "ping"])
async def test_before_the_greeting_nothing_is_counted(door: Door, acme_live: Organisation, kind: str) -> None:
    socket = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    fields = {"message": {"client_id": uuid4(), "text": "Hello"}, "page": {"url": "https://shop.example/"}}
    await socket.send(kind, **fields.get(kind, {}))
    assert (await socket.expect("error"))["code"] == "bad_frame"
