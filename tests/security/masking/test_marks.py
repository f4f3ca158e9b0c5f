"""What arrives masked is counted, and nothing is spared by it."""

from __future__ import annotations

import pytest

from security.masking import MaskingPolicy, Pattern, mask
from security.masking.marks import marks_in, unfound

from .talking import HELD, say

OURS = "•••• •••• •••• 4242"


@pytest.mark.parametrize(
    "typed",
    [
        "4242 4242 4242 4242",
        "4242424242424242",
        "4242-4242-4242-4242",
        "3782 822463 10005",
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "my card is 4242.4242.4242.4242, thanks",
    ],
)
@pytest.mark.parametrize("keeps", [True, False])
def test_what_masking_leaves_of_a_card_is_known_again(typed: str, keeps: bool) -> None:
    masked = mask(typed, MaskingPolicy(keep_last_four=keeps))
    assert marks_in(masked) == {"card": 1}
    assert unfound(masked) == {}
    assert unfound(mask(masked)) == {"card": 1}


def test_a_social_security_number_is_known_again() -> None:
    masked = mask("my ssn is 536-90-4399")
    assert (marks_in(masked), unfound(masked), unfound(mask(masked))) == ({"ssn": 1}, {}, {"ssn": 1})


@pytest.mark.parametrize("text", ["Hello", "•", "••••", HELD, "•••• ••••", "• one • two • three", "•" * 40])
def test_other_bullets_are_not(text: str) -> None:
    assert marks_in(text) == {}


def test_what_was_found_here_is_not_counted_twice() -> None:
    assert unfound(mask(f"{OURS} and 5555 5555 5555 4444")) == {"card": 1}
    policy = MaskingPolicy(patterns=(Pattern(name="shop", kind="format", value="EMP-############", keep_last=4),))
    assert unfound(mask("EMP-123456789012", policy)) == {}


def test_a_code_after_a_card_that_the_browser_masked_is_masked() -> None:
    assert say(OURS, "123").shown == [OURS, "•••"]


@pytest.mark.parametrize("bullets", [OURS, "•••-••-••••"])
def test_bullets_that_somebody_typed_spare_no_number(bullets: str) -> None:
    shown = say(f"4242 {bullets}", "hello", "4242 4242").shown
    assert shown[2] in {HELD, "•••• 4242"}  # his own digits beside the bullets may complete it
    assert say(f"{bullets}. it begins with 4242", "4242 4242 4242").shown[1] != "4242 4242 4242"
