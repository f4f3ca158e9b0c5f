"""Sets of rules as values: what survives being written down, what is refused, what two of them differ in."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from security.masking import PatternRefused
from tenants.rules import (
    Change,
    Difference,
    Masking,
    Rule,
    RuleKind,
    RulesBroken,
    RuleSet,
    broken_masking,
    content_of,
    differences,
    masking_of,
    rules_in,
)

STAFF = Rule(public_id=UUID(int=1), name="Staff number", kind=RuleKind.FORMAT, value=("EMP-######",), label="staff")
NAMES = Rule(public_id=UUID(int=2), name="Projects", kind=RuleKind.PHRASE, value=("blue heron", "grey owl"))
CARD = "4242 4242 4242 4242"


def test_what_is_written_down_is_read_again() -> None:
    rules = RuleSet(rules=(STAFF, replace(NAMES, is_active=False)), allowed=("4242",))
    assert rules_in(content_of(rules)) == (rules.rules, rules.allowed)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 2, "rules": [], "allowed": []}', '{"format": 1, "rules": [{}], "allowed": []}'],
)
def test_anything_else_is_broken_and_not_empty(content: str) -> None:
    with pytest.raises(RulesBroken):
        rules_in(content)


@pytest.mark.parametrize("change", [{"kind": "glob"}, {"value": 7}, {"id": "x"}])
def test_one_rule_that_cannot_be_read_breaks_them_all(change: dict[str, Any]) -> None:
    stored = json.loads(content_of(RuleSet(rules=(STAFF, NAMES))))
    stored["rules"][1].update(change)
    with pytest.raises(RulesBroken):
        rules_in(json.dumps(stored))


def test_rules_hide_what_they_say_beside_what_is_always_hidden() -> None:
    masking = masking_of(RuleSet(rules=(STAFF, NAMES)), 3)
    masked = masking.masked(f"I am EMP-123456 of Blue Heron, {CARD}")
    assert str(masked) == "I am [staff] of [Projects], •••• •••• •••• 4242"
    assert (masking.version, masking.visitors.version) == (3, 3)


def test_packs_the_allow_list_and_what_is_kept_reach_the_engine() -> None:
    rules = RuleSet(rules=(replace(STAFF, keep_last=2),), packs=frozenset({"email"}), allowed=("help@acme.example",))
    masked = masking_of(rules, 2).masked("help@acme.example, vera@acme.example, EMP-123456")
    assert "help@acme.example" in masked
    assert "vera@" not in masked
    assert "1234" not in masked
    assert masked.endswith("56")


def test_a_rule_that_is_switched_off_hides_nothing() -> None:
    masking = masking_of(RuleSet(rules=(replace(STAFF, is_active=False),)), 2)
    assert str(masking.masked("EMP-123456")) == "EMP-123456"


def test_members_words_can_be_left_to_the_built_in_rules_alone() -> None:
    masking = masking_of(RuleSet(rules=(STAFF,), masks_agents=False), 2)
    said = f"EMP-123456 and {CARD}"
    assert str(masking.masked(said, is_agents=True)) == "EMP-123456 and •••• •••• •••• 4242"
    assert str(masking.masked(said)).startswith("[staff]")
    assert str(masking_of(RuleSet(rules=(STAFF,)), 2).masked(said, is_agents=True)).startswith("[staff]")


def test_rules_that_the_engine_does_not_take_are_broken() -> None:
    with pytest.raises(RulesBroken):
        masking_of(RuleSet(rules=(replace(STAFF, kind=RuleKind.REGEX, value=("(a)\\1",)),)), 2)
    with pytest.raises(RulesBroken):
        masking_of(RuleSet(packs=frozenset({"no such pack"})), 2)
    with pytest.raises(PatternRefused):
        replace(STAFF, value=("a", "b")).pattern()


@pytest.mark.parametrize("is_agents", [True, False])
def test_what_is_broken_withholds_everything(is_agents: bool) -> None:
    masked = broken_masking(7).masked("Hello", is_agents=is_agents)
    assert str(masked) == "[message withheld: masking error]"
    assert [finding.kind for finding in masked.findings] == ["withheld"]
    assert Masking().masked("Hello") == "Hello"


def test_differences_name_rules_and_never_their_patterns() -> None:
    before = RuleSet(rules=(STAFF, NAMES), packs=frozenset({"iban"}), allowed=("x1",))
    third = Rule(public_id=UUID(int=3), name="Third", kind=RuleKind.PHRASE, value=("secret",))
    after = RuleSet(
        rules=(third, replace(NAMES, value=("red kite",), is_active=False)),
        packs=frozenset({"email"}),
        masks_agents=False,
        typing_preview=True,
    )
    assert differences(before, after) == [
        Difference(Change.ADDED, "Third"),
        Difference(Change.REMOVED, "Staff number"),
        Difference(Change.SWITCHED_OFF, "Projects"),
        Difference(Change.CHANGED, "Projects"),
        Difference(Change.PACK_ON, "email"),
        Difference(Change.PACK_OFF, "iban"),
        Difference(Change.ALLOWED),
        Difference(Change.SETTING_OFF, "masks_agents"),
        Difference(Change.SETTING_ON, "typing_preview"),
    ]
    assert differences(before, replace(before, rules=(NAMES, STAFF))) == [Difference(Change.REORDERED)]
    assert differences(before, before) == []


PHONE = "call +1 415 555 0134"


def test_a_pack_is_left_out_only_where_visitors_may_and_for_visitors_alone() -> None:
    rules = RuleSet(rules=(STAFF,), packs=frozenset({"phone"}), visitor_may_undo=True)
    masking = masking_of(rules, 1)
    undone = masking.without(["phone"])
    assert undone.masked(f"{PHONE}, EMP-123456, {CARD}") == f"{PHONE}, [staff], •••• •••• •••• 4242"
    assert undone.masked(PHONE, is_agents=True) == masking.masked(PHONE) == "call +• ••• ••• ••••"
    assert masking_of(replace(rules, visitor_may_undo=False), 1).without(["phone"]).masked(PHONE) != PHONE


def test_rules_that_cannot_be_read_give_nothing_back() -> None:
    broken = replace(broken_masking(2), visitor_may_undo=True)
    assert broken.without(["phone"]).masked("Hello") == "[message withheld: masking error]"
