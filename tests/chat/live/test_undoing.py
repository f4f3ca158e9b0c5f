"""A visitor takes a wrong hit of a pack back where the organisation allows it; the server decides."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from chat.live.work import unscoped
from security.masking.packs import PACKS
from security.scoping import tenant_scope
from tenants.models import MaskingCount, MaskingVersion
from tenants.policies import put_rules
from tenants.rules import Rule, RuleKind, RuleSet
from tests.cast import Organisation

from .sockets import Door
from .test_conversation import talking

PHONE = "+1 415 555 0134"
HIDDEN = "+• ••• ••• ••••"
CARD = "4242 4242 4242 4242"
MASKED = "•••• •••• •••• 4242"
STAFF = Rule(public_id=uuid4(), name="Staff", kind=RuleKind.FORMAT, value=("EMP-######",), label="staff")


def rule(of: Organisation, *, may_undo: bool) -> None:
    """The organisation's first version: it hides telephone numbers and staff numbers."""
    rules = RuleSet(rules=(STAFF,), packs=frozenset({"phone", "email"}), visitor_may_undo=may_undo)
    with tenant_scope(of.tenant_id):
        row = MaskingVersion(number=1)
        put_rules(row, rules)
        row.save()


@pytest.mark.parametrize("may_undo", [False, True])
async def test_a_visitor_is_told_whether_it_counts(door: Door, acme_live: Organisation, may_undo: bool) -> None:
    await unscoped(rule, acme_live, may_undo=may_undo)
    vera = await door.visitor(acme_live.site_key)
    assert vera.welcome["site"]["masking"] == {
        "packs": ["email", "phone"],
        "keep_last_four": True,
        "may_undo": may_undo,
    }


async def test_without_rules_of_its_own_a_site_does_not_allow_it(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    assert vera.welcome["site"]["masking"]["may_undo"] is False


async def test_where_it_is_not_allowed_the_field_changes_nothing(door: Door, acme_live: Organisation) -> None:
    await unscoped(rule, acme_live, may_undo=False)
    vera = await door.visitor(acme_live.site_key)
    first = await vera.say(f"call {PHONE}", unmasked=["phone"])
    assert (first["text"], first["masked"]) == (f"call {HIDDEN}", [{"kind": "phone", "count": 1}])
    second = await vera.say(f"I said {PHONE}", unmasked=["phone"])
    assert second["text"] == f"I said {HIDDEN}"


async def test_where_it_is_allowed_it_counts_from_the_first_message_for_one_message(
    door: Door, acme_live: Organisation
) -> None:
    await unscoped(rule, acme_live, may_undo=True)
    vera = await door.visitor(acme_live.site_key)
    first = await vera.say(f"call {PHONE}", unmasked=["phone"])
    assert (first["text"], first["masked"]) == (f"call {PHONE}", [])
    assert (await vera.say(f"I said {PHONE}"))["text"] == f"I said {HIDDEN}"
    assert (await vera.say(f"or {PHONE}", unmasked=["email"]))["text"] == f"or {HIDDEN}"


async def test_the_agent_sees_what_was_taken_back_and_nothing_else(door: Door, acme_live: Organisation) -> None:
    await unscoped(rule, acme_live, may_undo=True)
    vera, alice, _ = await talking(door, acme_live)
    text = f"order {PHONE}, card {CARD} cvv 123, ssn 219-09-9940, EMP-123456"
    ack = await vera.say(text, unmasked=list(PACKS))
    seen = await alice.expect("message", id=ack["id"])
    assert seen["text"] == f"order {PHONE}, card {MASKED} cvv •••, ssn •••-••-••••, [staff]"
    assert {entry["kind"] for entry in seen["masked"]} == {"card", "cvv", "ssn", "custom"}


async def test_a_number_in_pieces_is_joined_all_the_same(door: Door, acme_live: Organisation) -> None:
    await unscoped(rule, acme_live, may_undo=True)
    vera, alice, _ = await talking(door, acme_live, "my card")
    for piece in ("4242 42", "42 4242", "4242"):
        await vera.say(piece, unmasked=list(PACKS))
    await vera.expect("revised", reason="masked")
    heard = "".join(char for frame in alice.heard if "text" in frame for char in frame["text"] if char.isdigit())
    assert len(heard) <= len("424242") + len("4242")


@pytest.mark.parametrize("name", ["card", "ssn", "cvv", "expiry", "custom", "staff"])
async def test_what_can_never_be_undone_cannot_be_named(door: Door, acme_live: Organisation, name: str) -> None:
    await unscoped(rule, acme_live, may_undo=True)
    vera = await door.visitor(acme_live.site_key)
    client_id = str(uuid4())
    await vera.send("message", client_id=client_id, text=f"pay {CARD}", unmasked=["phone", name])
    assert (await vera.expect("error", client_id=client_id))["code"] == "bad_frame"
    assert (await vera.say("Hello", unmasked=["phone"]))["seq"] == 1


def undone(of: Organisation) -> dict[str, int]:
    """How many messages had a pack taken back, by its name."""
    with tenant_scope(of.tenant_id):
        return dict(MaskingCount.objects.filter(kind="undone").values_list("rule", "hits"))


async def test_a_message_that_is_sent_again_is_counted_once(door: Door, acme_live: Organisation) -> None:
    await unscoped(rule, acme_live, may_undo=True)
    vera = await door.visitor(acme_live.site_key)
    await vera.say("Hello")
    again = uuid4()
    for _ in range(3):
        await vera.say(f"call {PHONE}", unmasked=["phone"], client_id=again)
    await vera.say("and so on", unmasked=["email"])
    async with asyncio.timeout(20):
        while "email" not in (found := await unscoped(undone, acme_live)):  # noqa: ASYNC110  a row, not an event
            await asyncio.sleep(0.1)
    assert found == {"phone": 1, "email": 1}
