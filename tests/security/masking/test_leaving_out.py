"""A policy without some packs is the policy that never had them; what is always hidden stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chat.live.writer.tail import Tail
from security.masking import MaskingPolicy, Pattern, mask
from security.masking.packs import PACKS
from security.masking.splitting.verdicts import HELD, Said, held

CARD = "4242 4242 4242 4242"
SAID = (
    "call +1 415 555 0134 or write to vera@home.example",
    "IBAN DE89 3702 0400 4405 3200 13, routing number 021000021",
    "born on 03/04/1985, my password is hunter2horse",
    "NINO AB123456C and NHS number 943 476 5919, cpf 529.982.247-25",
    f"pay with {CARD} cvv 123, ssn 219-09-9940, EMP-123456",
    "&#43;1 415 555 0134 and vera%40home.example",
    "[email] and [phone]",
)
STAFF = Pattern("staff", "format", "EMP-######", "staff")
LARGE = tuple(Pattern(f"large{n}", "phrase", tuple(f"x{n}y{m}" * 40 for m in range(9)), "large") for n in range(49))


@pytest.mark.parametrize("patterns", [(), (STAFF,), (STAFF, *LARGE)], ids=["none", "one", "too many for one set"])
@pytest.mark.parametrize("name", PACKS)
def test_it_masks_as_a_policy_that_never_had_the_pack(name: str, patterns: tuple[Pattern, ...]) -> None:
    policy = MaskingPolicy(packs=PACKS.keys(), patterns=patterns)
    afresh = MaskingPolicy(packs=PACKS.keys() - {name}, patterns=patterns)
    for text in SAID:
        assert mask(text, policy.without({name})) == mask(text, afresh)
    assert policy.without({name}) == afresh


def test_the_large_patterns_are_too_many_for_one_set() -> None:
    assert MaskingPolicy(patterns=LARGE)._set is None


def test_cards_and_social_security_numbers_cannot_be_left_out() -> None:
    policy = MaskingPolicy(packs={"phone"}, patterns=(STAFF,)).without({"card", "ssn", "phone", "staff"})
    assert policy.packs == {"card", "ssn"}
    assert mask(SAID[4], policy) == "pay with •••• •••• •••• 4242 cvv •••, ssn •••-••-••••, [staff]"


def test_the_policy_itself_goes_on_as_it_was() -> None:
    policy = MaskingPolicy(packs={"phone"})
    policy.without({"phone"})
    assert mask(SAID[0], policy) == "call +• ••• ••• •••• or write to vera@home.example"


def test_the_whole_policy_is_known_to_what_was_made_of_it() -> None:
    policy = MaskingPolicy(packs={"phone", "email"})
    assert (
        policy.whole is policy.without({"phone"}).whole is policy.without({"phone"}).without({"email"}).whole is policy
    )


def test_what_is_released_beside_a_message_is_masked_by_the_whole_policy() -> None:
    now = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    policy = MaskingPolicy(packs={"phone"})
    was_held = Said(text=held(), typed=mask(SAID[0]), by_visitor=True, at=now.timestamp() - 60, kinds=frozenset({HELD}))
    verdict = Tail(tenant_id=1, said=[was_held]).judge(mask("thanks"), policy.without({"phone"}), now)
    assert [change.text for change in verdict.changes] == ["call +• ••• ••• •••• or write to vera@home.example"]


def test_nothing_is_compiled_anew() -> None:
    policy = MaskingPolicy(packs=PACKS.keys(), patterns=(STAFF,))
    assert policy.without({"phone"})._set is policy._set
