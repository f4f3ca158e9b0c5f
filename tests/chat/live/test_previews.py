"""Agents see of a text that is being typed no more than the beginning of a number, however it is typed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.live.previews import MOST_DIGITS, WITHIN, Previews, Shown
from chat.live.protocol import fields
from chat.live.work import unscoped
from security.masking import MaskingPolicy, Pattern, mask
from security.masking.reading.views import digits_of
from security.scoping import tenant_scope
from tenants.rules import Masking, broken_masking
from tenants.services.masking import drafting
from tenants.services.masking.drafting import Settings
from tests.cast import Organisation
from tests.chat.masking_cast import activate

from .sockets import Door
from .test_conversation import talking

CARD = "4242 4242 4242 4242"
PLAIN = Masking(typing_preview=True)
OWN = Masking(typing_preview=True, visitors=MaskingPolicy(patterns=(Pattern("badge", "format", "EMP-######"),)))


def typed(shown: Shown, text: str, at: float = 0.0, rules: Masking = PLAIN) -> str | None:
    """What an agent sees when the visitor's frame brings this text."""
    read = fields.preview(text, rules.masked)
    return None if read is None else shown.preview(read, rules, at)


def digits(text: str | None) -> int:
    return len(digits_of(text or ""))


def test_ordinary_words_are_shown() -> None:
    assert typed(Shown(), "I would like to ask for 2 shirts") == "I would like to ask for 2 shirts"
    assert typed(Shown(), "   ") is None


def test_a_number_is_shown_up_to_its_fourth_digit() -> None:
    shown = Shown()
    assert typed(shown, "it is 42") == "it is 42"
    assert typed(shown, "it is 4242 42") == "it is 4242 "
    assert typed(shown, f"it is {CARD}") == "it is 4242 "
    assert typed(Shown(), "536904399") == "5369"


@pytest.mark.parametrize("text", ["four two four two four two", "\uff14\uff12\uff14\uff12\uff14\uff12", "٤٢٤٢٤٢"])
def test_digits_of_other_scripts_and_words_are_digits(text: str) -> None:
    assert digits(typed(Shown(), text)) == MOST_DIGITS


def test_what_was_sent_before_counts() -> None:
    shown = Shown()
    shown.said(mask("4242 42"), 0.0)
    assert typed(shown, "42 4242", 1.0) is None
    assert typed(shown, "and 42 4242", WITHIN - 1) == "and "
    assert typed(shown, "and 42 4242", WITHIN + 1) == "and 42 42"


def test_what_was_typed_over_counts() -> None:
    shown = Shown()
    assert typed(shown, "4242", 0.0) == "4242"
    assert typed(shown, "9876", 1.0) is None
    assert typed(shown, "4242", 2.0) is None


def test_the_draft_that_was_sent_is_not_counted_twice() -> None:
    shown = Shown()
    assert typed(shown, "room 12") == "room 12"
    shown.said(mask("room 12"), 1.0)
    assert typed(shown, "or 34 then", 2.0) == "or 34 then"


def test_after_a_masked_number_no_digit_is_shown() -> None:
    shown = Shown()
    shown.said(mask(CARD), 0.0)
    assert typed(shown, "123", 1.0) is None
    assert digits(typed(shown, "and 12", 1.0)) == 0


def test_where_there_are_own_rules_neither_digits_nor_unfinished_words_are_shown() -> None:
    assert typed(Shown(), "my badge is EMP-1", rules=OWN) == "my badge is "
    assert typed(Shown(), "my bad", rules=OWN) == "my "
    assert typed(Shown(), "bad", rules=OWN) is None


def test_rules_that_cannot_be_read_show_nothing() -> None:
    assert typed(Shown(), "hello", rules=broken_masking(3)) is None


@given(
    st.lists(st.tuples(st.booleans(), st.text("42 -x", max_size=24)), max_size=12), st.randoms(use_true_random=False)
)
def test_however_it_is_typed_previews_add_four_digits_at_most(
    steps: list[tuple[bool, str]], chance: random.Random
) -> None:
    """Of one visitor, in 120 s: what previews show that no longer one before began with is never more."""
    shown, seen, now = Shown(), "", 0.0
    drafts: list[str] = []
    for is_sent, text in steps:
        now += chance.random()
        if is_sent:
            shown.said(mask(text), now)
            continue
        seen = "".join(digit.value for digit in digits_of(typed(shown, text, now) or ""))
        drafts.append(seen)
    different = {draft for draft in drafts if not any(other.startswith(draft) and other != draft for other in drafts)}
    assert sum(map(len, different)) <= MOST_DIGITS


def test_nobody_is_remembered_for_longer_than_he_counts() -> None:
    previews = Previews()
    for number in range(50):
        previews.of(f"visitor:{number}", float(number)).said(mask("12"), float(number))
    previews.of("visitor:new", WITHIN + 60)
    assert len(previews) == 1


def switch_previews_on(of: Organisation) -> None:
    previews = Settings(
        packs=frozenset(),
        allowed=(),
        keep_last_four=True,
        masks_agents=True,
        visitor_may_undo=False,
        typing_preview=True,
    )
    with tenant_scope(of.tenant_id):
        drafting.change_settings(grant=of.grant("ada"), settings=previews)
    activate(of)


async def test_previews_show_four_digits_in_two_minutes_however_they_are_typed(
    door: Door, acme_live: Organisation
) -> None:
    await unscoped(switch_previews_on, acme_live)
    vera, alice, _ = await talking(door, acme_live)

    async def seen(text: str) -> str | None:
        await vera.send("typing", active=True, preview=text)
        return (await alice.expect("typing")).get("preview")

    assert await seen("it is 424242") == "it is 4242"
    assert await seen("then 9876") == "then ", "Typed over: both were read"
    assert await seen("no digits at all") == "no digits at all"


async def test_previews_show_no_digit_beside_those_of_a_message(door: Door, acme_live: Organisation) -> None:
    await unscoped(switch_previews_on, acme_live)
    vera, alice, _ = await talking(door, acme_live)
    await vera.say("of 4242 42 I have")
    await vera.send("typing", active=True, preview="and 4242")
    assert (await alice.expect("typing"))["preview"] == "and "
