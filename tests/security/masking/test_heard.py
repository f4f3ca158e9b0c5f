"""What was asked of a text once is remembered without the text."""

from __future__ import annotations

import pytest

from security.masking.splitting.heard import Heard
from security.masking.splitting.wording import speaks_of_card, speaks_of_ssn

TALK = (
    "Hello, I would like to know when my parcel will be here.",
    "My credit card was refused, what shall I do?",
    "Do you need my social security number?",
    "Meine Kreditkarte geht nicht – hilfst du mir?",
    "a lone surrogate: \ud800",
    "",
)
WITH_DIGITS = ("4242", "the order is 48213", "four two four two", "٤٢٤٢", "card 5100 and so on")


@pytest.mark.parametrize("text", [*TALK, *WITH_DIGITS])
def test_what_is_remembered_is_what_the_words_say(text: str) -> None:
    heard = Heard()

    first, again = heard.of(text), heard.of(text)

    assert first == again == (speaks_of_card(text), speaks_of_ssn(text))


@pytest.mark.parametrize("text", WITH_DIGITS)
def test_nothing_is_remembered_of_a_text_with_digits(text: str) -> None:
    heard = Heard()

    heard.of(text)

    assert len(heard) == 0


def test_a_text_is_asked_about_once_and_not_kept() -> None:
    heard = Heard()

    for _ in range(3):
        heard.of(TALK[1])

    assert len(heard) == 1
    assert "refused" not in repr(vars(heard))


def test_two_processes_do_not_write_the_same_digest() -> None:
    one, other = Heard(), Heard()

    one.of(TALK[0])
    other.of(TALK[0])

    assert vars(one)["_answers"].keys().isdisjoint(vars(other)["_answers"])


def test_a_full_memory_begins_anew() -> None:
    heard = Heard(most=2)

    for text in TALK[:3]:
        heard.of(text)

    assert len(heard) == 1
