"""What joining costs at most: whoever makes a text for it gets his digits hidden unseen, and nobody waits."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import pytest

from security.masking import MaskingPolicy, Stream, mask
from security.masking.splitting.check import judge_or_withhold
from security.masking.splitting.joined_digits import MOST_STEPS, Looks

from .talking import finally_

POLICY = MaskingPolicy()
SECONDS_FOR_TEN = 0.15  # it was about one second; what people write takes a hundredth of this


def digits_one_by_one(number: int, of: str = "56") -> str:
    chance = random.Random(number)  # noqa: S311 - repeatable, not secret
    return " ".join(chance.choice(of) for _ in range(24))


HOSTILE = {
    "one digit a group": ["card " + " ".join("4242424242424241" * 2)] * 20,
    "as many groups as are joined": ["card " + digits_one_by_one(number, "3456") for number in range(20)],
    "in every order": [("sorry ", "last ", "")[number % 3] + digits_one_by_one(number) for number in range(20)],
    "eight thousand characters": ["4 2 " * 2_000] * 20,
    "invisible characters between": ["my card " + "4\u200b" * 30] * 20,
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE)
def test_ten_hostile_messages_beside_ten_others_cost_little(lines: Sequence[str]) -> None:
    assert min(seconds_for_ten(lines) for _ in range(3)) < SECONDS_FOR_TEN


def seconds_for_ten(lines: Sequence[str]) -> float:
    """The second ten, of processor time; the quickest of several says what they cost on a machine with nothing else to do."""
    stream = Stream(POLICY)
    for number, line in enumerate(lines[:10]):
        stream.feed(line, at=float(number))
    began = time.process_time()
    for number, line in enumerate(lines[10:]):
        stream.feed(line, at=10.0 + number)
    return time.process_time() - began


def test_what_has_more_groups_than_any_number_is_hidden_at_once() -> None:
    (shown,) = finally_(" ".join("4242424242424241" * 2))
    assert not any(map(str.isdigit, shown))


def test_whose_steps_are_used_up_has_his_digits_hidden_unseen() -> None:
    looks = Looks()
    for _ in range(MOST_STEPS):
        looks.steps.take()
    assert judge_or_withhold((), mask("hello"), policy=POLICY, at=0.0, looks=looks).text == "hello"
    lines = " ".join("5353535353535353")
    assert judge_or_withhold((), mask(lines), policy=POLICY, at=0.0).text == lines
    asked = mask(f"card {lines}")
    shown = judge_or_withhold((), asked, policy=POLICY, at=0.0, looks=looks).text
    assert not any(map(str.isdigit, shown))
