"""What a right's end does to sockets that are open: closed or narrowed within a second, and not a frame after it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import redis
from allauth.account.signals import password_reset
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client
from django.utils import timezone

from chat.live import registry
from chat.live.admission import admit_staff
from chat.live.registry import Registry
from chat.live.work import in_scope, unscoped
from chat.services.visitors import forget_session
from security.accounts import people
from security.models import RevocationKind, User
from security.revocation import Revoked, revoke
from security.scoping import tenant_scope
from security.sockets.codes import CloseCode
from tenants.access import access_site
from tenants.services import networks
from tenants.services.people import members
from tenants.services.tenancy import suspend_tenant
from tests.cast import Organisation
from tests.missing import missing
from tests.services import session as services

from .sockets import Door
from .test_conversation import talking

WITHOUT_VALKEY = 15.0
WITHIN = 1.0
"""Of the requirement; a loaded machine is given what its own delays cost on top, see `closes`."""


def sign_out(acme: Organisation) -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = acme.session("alice")
    assert client.post("/accounts/logout/").status_code == 302


def by_olga(act: Callable[..., object], **extra: object) -> Callable[[Organisation], None]:
    def work(acme: Organisation) -> None:
        grant, alice = acme.grant("olga"), acme.member("alice")
        with tenant_scope(acme.tenant_id):
            act(grant=grant, member=alice.public_id, **extra)

    return work


def suspend(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        suspend_tenant()


def reset_by_mail(acme: Organisation) -> None:
    """What allauth says when the link from her mailbox was used."""
    password_reset.send(User, request=None, user=acme.user("alice"))


def no_departments(**who: Any) -> None:
    members.change_member(**who, name="Alice", capacity=None, departments=())


PATHS: dict[str, tuple[Callable[[Organisation], object], int]] = {
    "signing out": (sign_out, 4401),
    "signing out everywhere": (lambda acme: people.end_sessions(acme.user("alice")), 4401),
    "a new password": (lambda acme: people.change_password(user=acme.user("alice"), password="another-long-one"), 4401),
    "a reset by mail": (reset_by_mail, 4401),
    "sessions ended by an admin": (by_olga(members.end_member_sessions), 4401),
    "a password that is asked for": (by_olga(members.require_password_change), 4403),
    "out of her departments": (by_olga(no_departments), 1012),
    "suspension": (by_olga(members.suspend_member), 4403),
    "removal": (by_olga(members.remove_member), 4403),
    "another role": (by_olga(members.change_role, role="analyst"), 4403),
    "a wider role": (by_olga(members.change_role, role="supervisor"), 1012),
    "the tenant's suspension": (suspend, 4403),
}


async def test_who_must_change_his_password_opens_no_console(door: Door, acme_live: Organisation) -> None:
    def must_change() -> None:
        User.objects.filter(email="alice@acme.example").update(must_change_password=True)

    session_key = await unscoped(acme_live.session, "alice")
    await unscoped(must_change)
    assert await (await door.staff(session_key)).closed() == CloseCode.FORBIDDEN


@pytest.mark.parametrize("path", PATHS)
async def test_the_agents_socket_ends(door: Door, acme_live: Organisation, path: str) -> None:
    act, code = PATHS[path]
    vera, alice, conversation = await talking(door, acme_live)
    await unscoped(acme_live.session, "alice")
    await unscoped(act, acme_live)
    done_at = asyncio.get_running_loop().time()
    assert await alice.closed() == code
    assert asyncio.get_running_loop().time() - done_at < WITHIN + 1.0, "One second, and one for a machine under load"
    heard = len(alice.heard)
    if path != "the tenant's suspension":
        await vera.say("Is anybody there?")
        bob = await door.agent(acme_live, "bob", open={conversation: [0, 0]})
        await bob.expect("message", text="Is anybody there?")
        assert len(alice.heard) == heard
        assert "Is anybody there?" not in str(alice.heard)
    else:
        assert await vera.closed() == 4403


@contextmanager
def valkey_frozen() -> Iterator[None]:
    """Connections stay, nothing is answered: the worst way to be away. One that is not ours is left alone."""
    if not services.urls().redis.startswith("unix:"):
        missing("REDIS_URL names a server that is not ours to stop.")
    with redis.Redis.from_url(services.urls().redis) as client:
        pid = int(client.info()["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    "path", ["suspension", "another role", "sessions ended by an admin", "the tenant's suspension"]
)
async def test_without_valkey_the_socket_ends_too(door: Door, acme_live: Organisation, path: str) -> None:
    """Revocations are rows of PostgreSQL: Valkey has no part in them."""
    act, code = PATHS[path]
    alice = await door.agent(acme_live, "alice")
    with valkey_frozen():
        await unscoped(act, acme_live)
        done_at = asyncio.get_running_loop().time()
        assert await alice.closed() == code
        assert asyncio.get_running_loop().time() - done_at < WITHOUT_VALKEY


async def test_who_was_sent_away_stays_out(door: Door, acme_live: Organisation) -> None:
    alice = await door.agent(acme_live, "alice")
    await unscoped(PATHS["suspension"][0], acme_live)
    assert await alice.closed() == 4403
    again = await door.staff(await unscoped(acme_live.session, "alice"))
    assert await again.closed() == 4403


async def test_a_narrowed_role_comes_back_with_what_is_left(door: Door, acme_live: Organisation) -> None:
    sam = await door.agent(acme_live, "sam")
    assert "chat.watch" in sam.welcome["permissions"]

    def narrow() -> None:
        grant, member = acme_live.grant("olga"), acme_live.member("sam")
        with tenant_scope(acme_live.tenant_id):
            members.change_role(grant=grant, member=member.public_id, role="agent")

    await unscoped(narrow)
    assert await sam.closed() == 1012
    back = await door.agent(acme_live, "sam")
    assert "chat.watch" not in back.welcome["permissions"]


async def test_colleagues_stay(door: Door, acme_live: Organisation) -> None:
    alice, bob = await door.agent(acme_live, "alice"), await door.agent(acme_live, "bob")
    await unscoped(PATHS["suspension"][0], acme_live)
    await alice.closed()
    await bob.ask("ping", "pong")


async def test_a_suspended_tenants_widget_is_no_site(door: Door, acme_live: Organisation) -> None:
    greeted = await door.visitor(acme_live.site_key)
    silent = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    await greeted.ask("ping", "pong")
    await unscoped(suspend, acme_live)
    assert await greeted.closed() == 4403
    assert await silent.closed() == 4403, "Who has not said hello yet is no exception"
    assert await (await door.dial(f"/ws/visitor/{acme_live.site_key}/")).closed() == 4404


async def test_a_forgotten_token_ends_its_sockets(door: Door, acme_live: Organisation) -> None:
    vera, other = await door.visitor(acme_live.site_key), await door.visitor(acme_live.site_key)
    await vera.say("Hello")
    site = await unscoped(access_site, acme_live.site_key)
    await in_scope(acme_live.tenant_id, forget_session, site_id=site.site_id, token=vera.welcome["token"])
    assert await vera.closed() == 4403
    await other.ask("ping", "pong")
    again = await door.visitor(acme_live.site_key, token=vera.welcome["token"])
    assert again.welcome["conversation"] is None


class Open:
    """A socket as the registry sees it."""

    def __init__(self) -> None:
        self.told: list[Revoked] = []
        self.code: CloseCode | None = None
        self.ended = asyncio.Event()

    def revoked_by(self, revoked: Revoked, /) -> None:
        self.told.append(revoked)
        self.ended.set()

    def close(self, code: CloseCode, /) -> None:
        self.code = code
        self.ended.set()


@contextmanager
def revocations_away() -> Iterator[None]:
    """The table has another name meanwhile, so that nobody can read it."""
    server, database = services.current()
    with server.superuser(database) as owner:
        owner.execute("ALTER TABLE security_revocation RENAME TO elsewhere")
        try:
            yield
        finally:
            owner.execute("ALTER TABLE elsewhere RENAME TO security_revocation")


async def test_a_reader_that_is_blind_for_too_long_closes_everything(committed_db: None) -> None:
    assert registry.BLIND_FOR == 15, "What is measured here is shorter"
    loop = asyncio.get_running_loop()
    found, socket = Registry(read_every=0.01, blind_for=0.5), Open()
    found.enter(socket, {(RevocationKind.SESSION, "a")}, since=timezone.now())
    began = loop.time()
    with revocations_away():
        watch = asyncio.create_task(found.watch())
        async with asyncio.timeout(10):
            await socket.ended.wait()
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    assert socket.code is CloseCode.RESTARTING
    assert loop.time() - began > 0.5, "Failing once is no reason"


async def test_what_was_revoked_while_a_socket_opened_is_told_to_it(committed_db: None) -> None:
    """Its rights were read before, it is entered after: the reader has told everybody else already."""
    found, early, late = Registry(), Open(), Open()
    subject = (RevocationKind.SESSION, "a")
    began_at = timezone.now()
    found.enter(early, {subject}, since=began_at)
    watch = asyncio.create_task(found.watch())
    try:
        await unscoped(revoke, *subject)
        found.look_now()
        async with asyncio.timeout(10):
            await early.ended.wait()
        found.enter(late, {subject}, since=began_at)
        assert [revoked.subject for revoked in late.told] == ["a"]
        fresh = Open()
        found.enter(fresh, {subject}, since=timezone.now() + timedelta(seconds=30))
        assert fresh.told == [], "What was revoked before its rights were read is in them"
    finally:
        watch.cancel()


async def test_each_revocation_is_told_once(committed_db: None) -> None:
    found, socket = Registry(), Open()
    found.enter(socket, {(RevocationKind.USER, "a"), (RevocationKind.SESSION, "b")}, since=timezone.now())
    watch = asyncio.create_task(found.watch())
    try:
        for kind, subject in ((RevocationKind.USER, "a"), (RevocationKind.SESSION, "b")):
            socket.ended.clear()
            await unscoped(revoke, kind, subject)
            found.look_now()
            async with asyncio.timeout(10):
                await socket.ended.wait()
        assert [revoked.subject for revoked in socket.told] == ["a", "b"]
        found.leave(socket)
        assert found.sockets() == ()
    finally:
        watch.cancel()


async def test_a_session_that_is_over_has_no_socket(door: Door, acme_live: Organisation) -> None:
    session = await unscoped(acme_live.session, "alice")

    def idle() -> None:
        UserSession.objects.filter(session_key=session).update(last_seen_at=timezone.now() - timedelta(hours=9))

    await unscoped(idle)
    assert await (await door.staff(session)).closed() == 4401
    assert await unscoped(admit_staff, session, "127.0.0.1") is CloseCode.SIGNED_OUT


async def test_a_session_that_no_page_knows_has_no_socket(door: Door, acme_live: Organisation) -> None:
    """How long it lasts could not be said, and signing out everywhere would miss it."""
    session = await unscoped(acme_live.session, "alice")
    await unscoped(UserSession.objects.filter(session_key=session).delete)
    assert await (await door.staff(session)).closed() == 4401


async def test_a_socket_ends_with_its_session_in_seconds(door: Door, acme_live: Organisation) -> None:
    """By time alone: no row is written, so nobody but the socket itself would tell."""
    session = await unscoped(acme_live.session, "alice")

    def idle_but_for(seconds: float) -> None:
        seen = timezone.now() - timedelta(minutes=15) + timedelta(seconds=seconds)
        UserSession.objects.filter(session_key=session).update(last_seen_at=seen)

    await unscoped(idle_but_for, 1.0)
    socket = await door.staff(session)
    began = asyncio.get_running_loop().time()
    assert await socket.closed() == 4401
    assert asyncio.get_running_loop().time() - began < 5


async def test_a_list_of_networks_closes_the_sockets_outside_of_it(door: Door, acme_live: Organisation) -> None:
    socket = await door.agent(acme_live, "alice")

    def write_list() -> None:
        with tenant_scope(acme_live.tenant_id):
            networks.change_networks(
                grant=acme_live.grant("olga"), networks=["203.0.113.0/24"], address="127.0.0.1", is_sure=True
            )

    await unscoped(write_list)
    assert await socket.closed() == 4403
