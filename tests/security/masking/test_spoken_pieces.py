"""A card that is said in words, in pieces: masked in all its messages, whatever stands between the words."""

from __future__ import annotations

import pytest

from security.masking.splitting.fragments import parse

from .talking import finally_

WORDS = {
    "English": "zero one two three four five six seven eight nine",
    "Spanish": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "French": "zéro un deux trois quatre cinq six sept huit neuf",
    "German": "null eins zwei drei vier fünf sechs sieben acht neun",
}
CARDS = ["4111111111111111", "5105105105105100", "378282246310005", "6011111111111117"]
CUTS = [(4, 8, 12), (7,), (4, 10), (6, 12)]


def spoken(language: str, digits: str, between: str) -> str:
    words = WORDS[language].split()
    return between.join(words[int(digit)] for digit in digits)


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("between", [" ", ", ", "-", "\n"])
@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("cuts", CUTS)
def test_a_card_in_words_and_pieces_is_masked(language: str, between: str, card: str, cuts: tuple[int, ...]) -> None:
    pieces = [card[start:end] for start, end in zip((0, *cuts), (*cuts, len(card)), strict=True)]
    typed = [spoken(language, piece, between) for piece in pieces]
    assert not set(finally_(*typed)[:-1]) & set(typed[:-1])  # a card's last four digits stay


@pytest.mark.parametrize(
    "typed",
    [
        ("six zero one", "and then one", "and then one one one one one one", "one one one one one seven"),
        ("cinco cinco cinco", "y luego cinco", "cinco cinco cinco cinco", "cinco cinco cinco cinco", "4444"),
        (
            "vier fünf drei neun",
            "und dann fünf sieben acht sieben",
            "und sechs",
            "drei sechs zwei eins vier acht sechs",
        ),
    ],
)
def test_a_lone_number_word_that_goes_on_is_a_digit(typed: tuple[str, ...]) -> None:
    assert not set(finally_(*typed)[:-1]) & set(typed[:-1])  # a card's last four digits stay


@pytest.mark.parametrize(
    "text", ["double one", "triple seven", "uno", "eins", "and then two", "y luego cinco", "six, zéro, un"]
)
def test_number_words_with_nothing_beside_them_are_digits(text: str) -> None:
    fragment = parse(text)
    assert fragment is not None
    assert fragment.is_pure


@pytest.mark.parametrize(
    "text",
    ["oh", "un", "eine", "one moment, please", "I am the one", "oh, un", "ok one sec", "and then one more", "et un"],
)
def test_an_article_is_no_digit(text: str) -> None:
    assert parse(text) is None
