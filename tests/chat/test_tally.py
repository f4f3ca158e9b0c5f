"""Counts and shapes: enough to judge a rule by, nothing to read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.tally import LONGEST_SHAPE, Tally, shape_of
from security.masking import MaskingPolicy, Pattern, mask

POLICY = MaskingPolicy(patterns=(Pattern("staff", "format", "EMP-######"),))


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("EMP-123456", "AAA-999999"),
        ("blue heron", "AAAA AAAAA"),
        ("j.doe@shop.example", "A.AAA@AAAA.AAAAAAA"),
        ("٤٢\tß\x00☃", "99 A??"),
        ("", ""),
    ],
)
def test_a_shape_says_what_kind_of_characters_there_were(text: str, shape: str) -> None:
    assert shape_of(text) == shape


@given(st.text())
def test_a_shape_holds_no_letter_and_no_digit_of_the_text(text: str) -> None:
    shape = shape_of(text)
    assert len(shape) <= LONGEST_SHAPE + 1
    assert {char for char in shape if char.isalnum()} <= {"A", "9"}


def test_messages_and_places_are_counted_by_rule() -> None:
    tally = Tally()
    for text in ("EMP-111111 and EMP-222222", "EMP-333333", "Hello", "4242 4242 4242 4242"):
        tally.add(text, mask(text, POLICY))
    again = Tally.of(json.loads(json.dumps(tally.plain())))
    assert (again.read, again.touched) == (4, 3)
    custom = next(hits for (kind, _), hits in again.rules.items() if kind == "custom")
    assert (custom.messages, custom.hits, dict(custom.shapes)) == (2, 3, {"AAA-999999": 3})
    assert "4242" not in str(tally.plain())
    assert "111111" not in str(tally.plain())


def test_shapes_are_bounded() -> None:
    tally = Tally()
    for number in range(1, 200):
        text = "x" * number
        tally.add(text, mask(text, MaskingPolicy(patterns=(Pattern("x", "regex", "x+"),))))
    assert all(len(hits.shapes) <= 50 for hits in tally.rules.values())


def test_nothing_is_an_empty_tally() -> None:
    assert Tally.of({}) == Tally()
