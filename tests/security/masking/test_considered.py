"""Numbers that are left alone are told with the reason, without quoting them."""

from __future__ import annotations

import pytest

from security.masking import mask
from security.masking.finding.considered import left_alone


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Order 4242 4242 4242 4241", "check digit"),
        ("Serial 0000 1111 2222 3333", "no card begins like this"),
        ("000-12-3456", "never given"),
        ("12345678901", "too short for a card"),
        ("1" * 30, "longer than any card"),
        ("tracking 5.4242424242424242", "too few points"),
    ],
)
def test_each_number_has_its_reason(text: str, said: str) -> None:
    masked = mask(text)
    assert masked == text
    (left,) = left_alone(text, masked.findings)
    assert said in left.reason
    assert text[left.start].isdigit()
    assert text[left.end - 1].isdigit()


def test_what_was_masked_and_what_is_short_is_not_told() -> None:
    text = "card 4242 4242 4242 4242, room 412, 2026-11-22"
    masked = mask(text)
    assert masked != text
    assert left_alone(text, masked.findings) == ()


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("tracking 5.4242424242424242", ("visa, 16 digits +5", "fraction -6", "-1 of 3")),
        ("is it +378282246310005", ("amex, 15 digits +5", "phone -6", "-1 of 3")),
    ],
)
def test_the_points_that_decided_are_told(text: str, points: tuple[str, ...]) -> None:
    masked = mask(text)
    (left,) = left_alone(text, masked.findings)
    assert left.points == points


def test_what_was_said_before_is_among_the_points() -> None:
    text, before = "fraction 7.6333000000000000009", ("my card number is",)
    masked = mask(text, context=before)
    (left,) = left_alone(text, masked.findings, before)
    assert left.points == ("switch, 19 digits +1", "fraction -6", "card words earlier +3", "-2 of 3")


def test_numbers_end_where_words_stand_between() -> None:
    text = "12345678901 and 12345678902"
    assert [left.digits for left in left_alone(text, ())] == [11, 11]


def test_there_is_an_end_to_them() -> None:
    assert len(left_alone("1234567890 x " * 100, ())) == 20
