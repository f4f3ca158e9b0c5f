"""How a text is read: digits of every script, number words, and where they stand."""

import pytest

from security.masking.finding.cards import brands_possible, is_card
from security.masking.reading.views import digits_of


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("four two double seven oh", "42770"),
        ("4２٤", "424"),
        ("4\ufe0f\u20e32\ufe0f\u20e3", "42"),
        ("forty-two, Eleven and triple 5", "4211555"),
        ("cuarenta y dos, veintitrés, cero", "42230"),
        ("fünf siebenundzwanzig zwo", "5272"),
        ("quatre-vingt-dix-sept soixante-dix soixante et onze quatre-vingts", "97707180"),
        ("fouroneoneone", "4111"),
        ("no number", ""),
    ],
)
def test_digits_are_read_from_figures_and_words(text: str, digits: str) -> None:
    assert "".join(digit.value for digit in digits_of(text)) == digits


def test_each_digit_says_where_it_stands_in_the_input() -> None:
    assert [tuple(digit) for digit in digits_of("a4\u200b2 double seven")] == [
        ("4", 1, 2),
        ("2", 3, 4),
        ("7", 5, 17),
        ("7", 5, 17),
    ]


def test_a_card_has_a_brand_a_length_and_a_check_digit() -> None:
    assert is_card("4242424242424242")
    assert is_card("378282246310005")
    assert not is_card("4242424242424241")
    assert not is_card("1234567812345670")
    assert not is_card("")


def test_digits_can_become_a_card_while_some_brand_begins_so_and_is_as_long() -> None:
    for prefix in ("", "4", "22", "222", "2222", "37", "4" * 19):
        assert brands_possible(prefix), prefix
    for prefix in ("1", "2100", "99", "4" * 20, "37" + "0" * 14):
        assert not brands_possible(prefix), prefix
