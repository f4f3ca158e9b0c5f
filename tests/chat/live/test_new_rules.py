"""A new version of the rules masks on sockets that are open, within a second."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat.live.registry import Registry
from chat.live.rules import RulesKeeper, TenantRules
from chat.live.work import unscoped
from security.models import RevocationKind
from security.revocation import Revoked, revoke
from security.scoping import tenant_scope
from security.sockets.codes import CloseCode
from tenants.models import MaskingDraft, MaskingVersion
from tenants.rules import Masking, Rule, RuleKind, RuleSet, masking_of
from tenants.services.masking import drafting
from tests.cast import Organisation

from .sockets import Door, Frame, Socket
from .test_conversation import talking

STAFF = Rule(public_id=uuid4(), name="Staff", kind=RuleKind.FORMAT, value=("EMP-######",), label="staff")
TENANT = UUID(int=9)
NEW = Revoked(RevocationKind.MASKING, str(TENANT), datetime(2026, 1, 1, tzinfo=UTC))
WITHIN = 30.0
"""It takes less than a second; a machine under load is given time."""


def activate_staff(of: Organisation) -> None:
    grant = of.grant("ada")
    with tenant_scope(of.tenant_id):
        drafting.add_rule(grant=grant, rule=STAFF)
        drafting.activate(grant=grant, revision=MaskingDraft.objects.get().revision, now=timezone.now())


def activate(of: Organisation, *, packs: frozenset[str], may_undo: bool) -> None:
    """A version that hides these packs, too."""
    grant = of.grant("ada")
    settings = drafting.Settings(
        packs=packs,
        allowed=(),
        keep_last_four=True,
        masks_agents=True,
        visitor_may_undo=may_undo,
        typing_preview=False,
    )
    with tenant_scope(of.tenant_id):
        drafting.change_settings(grant=grant, settings=settings)
        drafting.activate(grant=grant, revision=MaskingDraft.objects.get().revision, now=timezone.now())


def break_rules(of: Organisation) -> None:
    """As a restored backup without its keys would leave them; told like any new version."""
    with tenant_scope(of.tenant_id):
        newest = MaskingVersion.objects.get()
        MaskingVersion.objects.create(number=newest.number + 1, content=newest.content)
        revoke(RevocationKind.MASKING, of.public_id)


async def said_until(speaker: Socket, hearer: Socket, text: str, wanted: str, **fields: Any) -> Frame:
    """Say it again and again until it is heard as `wanted`, which has to be soon."""
    async with asyncio.timeout(WITHIN):
        while True:
            ack = await speaker.say(text, **fields)
            heard = await hearer.expect("message", id=ack["id"])
            if heard["text"] == wanted:
                return heard
            await asyncio.sleep(0.2)


async def test_an_open_socket_masks_by_new_rules_within_a_second(door: Door, acme_live: Organisation) -> None:
    vera, alice, _ = await talking(door, acme_live)
    await vera.say("I am EMP-111111")
    assert (await alice.expect("message", text="I am EMP-111111"))["masked"] == []
    await unscoped(activate_staff, acme_live)
    seen = await said_until(vera, alice, "I am EMP-222222", "I am [staff]")
    assert seen["masked"] == [{"kind": "custom", "count": 1}]


async def test_members_are_masked_by_new_rules_too(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live)
    await unscoped(activate_staff, acme_live)
    await said_until(alice, vera, "Ask for EMP-333333", "Ask for [staff]", conversation=conversation)


async def test_rules_that_cannot_be_read_withhold_on_open_sockets(door: Door, acme_live: Organisation) -> None:
    vera, alice, _ = await talking(door, acme_live)
    await unscoped(activate_staff, acme_live)
    await unscoped(break_rules, acme_live)
    seen = await said_until(vera, alice, "Hello", "[message withheld: masking error]")
    assert seen["masked"] == [{"kind": "withheld", "count": 1}]


class Rules:
    """The database as the keeper reads it; each read waits until it is let go."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[Masking | Exception] = asyncio.Queue()
        self.reads = 0
        self.is_reading = asyncio.Event()

    async def __call__(self, _: int) -> Masking:
        self.reads += 1
        self.is_reading.set()
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer


def version(number: int) -> Masking:
    return masking_of(RuleSet(), number)


async def until(rules: TenantRules, number: int, *, is_broken: bool = False) -> None:
    async with asyncio.timeout(5):
        while (rules.current.version, rules.current.is_broken) != (number, is_broken):  # noqa: ASYNC110  a value, not an event
            await asyncio.sleep(0)


async def test_an_older_version_that_was_read_late_changes_nothing() -> None:
    read = Rules()
    keeper = RulesKeeper(Registry(), read)
    first = keeper.enter(7, TENANT, version(3), since=timezone.now())
    second = keeper.enter(7, TENANT, version(2), since=timezone.now())
    assert first is second
    assert first.current.version == 3
    first.revoked_by(NEW)
    await read.is_reading.wait()
    first.revoked_by(NEW)  # while the first is read: once more after it
    await read.answers.put(version(4))
    await read.answers.put(version(5))
    await until(first, 5)
    assert read.reads == 2
    first.close(CloseCode.RESTARTING)
    keeper.leave(first)
    assert len(keeper) == 1
    keeper.leave(second)
    assert len(keeper) == 0


async def test_until_new_rules_can_be_read_everything_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.live.rules.AGAIN_AFTER", 0)
    read = Rules()
    rules = RulesKeeper(Registry(), read).enter(7, TENANT, version(3), since=timezone.now())
    rules.revoked_by(NEW)
    await read.answers.put(OSError())
    await until(rules, 3, is_broken=True)
    assert rules.current.masked("Hello") != "Hello"
    await read.answers.put(version(4))
    await until(rules, 4)
    assert rules.current.masked("Hello") == "Hello"


async def test_what_was_activated_while_a_socket_opened_is_read() -> None:
    read, registry = Rules(), Registry()
    now = timezone.now()
    registry._tell([Revoked(RevocationKind.MASKING, str(TENANT), now)])
    rules = RulesKeeper(registry, read).enter(7, TENANT, version(3), since=now)
    await read.answers.put(version(4))
    await until(rules, 4)


async def test_open_browsers_are_told_what_they_hide_now(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    second = await door.visitor(acme_live.site_key)
    assert vera.welcome["site"]["masking"] == {"packs": [], "keep_last_four": True, "may_undo": False}
    for packs, may_undo in ((["phone"], True), ([], False)):
        await unscoped(activate, acme_live, packs=frozenset(packs), may_undo=may_undo)
        for socket in (vera, second):
            async with asyncio.timeout(WITHIN):
                told = await socket.expect("masking")
            assert told == {"type": "masking", "packs": packs, "keep_last_four": True, "may_undo": may_undo}


async def test_who_is_not_greeted_yet_is_welcomed_by_the_newest_rules(door: Door, acme_live: Organisation) -> None:
    early = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    first = await door.visitor(acme_live.site_key)
    await unscoped(activate, acme_live, packs=frozenset({"phone"}), may_undo=False)
    await first.expect("masking")
    await early.send("hello", token=None, conversation=None, last_seq=0, last_rev=0)
    assert (await early.expect("welcome"))["site"]["masking"]["packs"] == ["phone"]
    assert early.of("masking") == []


async def test_rules_that_change_nothing_for_a_browser_are_not_told(door: Door, acme_live: Organisation) -> None:
    vera, alice, _ = await talking(door, acme_live)
    await unscoped(activate_staff, acme_live)
    await said_until(vera, alice, "I am EMP-222222", "I am [staff]")
    await unscoped(break_rules, acme_live)
    await said_until(vera, alice, "Hello", "[message withheld: masking error]")
    assert (vera.of("masking"), alice.of("masking")) == ([], [])


async def test_of_rules_that_are_known_already_nobody_is_told_again() -> None:
    """Whoever comes has read them: with many sockets open, telling all of them each time would cost more than the coming."""
    keeper, told = RulesKeeper(Registry()), []
    rules = keeper.enter(1, TENANT, Masking(version=3), since=timezone.now())
    rules.followers.add(lambda: told.append(rules.current.version))
    for version in (3, 2, 4, 4):
        keeper.enter(1, TENANT, Masking(version=version), since=timezone.now())
    assert told == [4]
