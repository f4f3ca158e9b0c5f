"""Number words are looked for before they are read: nothing that reading would find is passed over, and talk is passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.masking.reading import numerals
from security.masking.reading.numerals import may_say_digits
from security.masking.splitting.fragments import may_hold_digits
from security.masking.tables import tables

KNOWN = tables().numbers
WORDS = sorted({*KNOWN.units, *KNOWN.tens, *KNOWN.multipliers, *KNOWN.joiners, *(" ".join(KNOWN.pairs).split())})
PIECES = st.sampled_from([*WORDS, "und", "of", "order", "s", "x", " ", " ", "-", "_", ".", "'", "kettle"])


@given(st.lists(PIECES, max_size=8).map("".join))
def test_whatever_reading_finds_is_looked_for(text: str) -> None:
    assert may_say_digits(text) or not list(numerals._found(text))


def test_each_word_that_says_a_number_is_looked_for() -> None:
    """In one test: as thousands of them they were half of all that pytest has to collect, in each of its processes."""
    words = {*numerals._compounds(), *numerals._vocabulary()}
    assert len(words) > 4_000
    assert [word for word in sorted(words) if not may_say_digits(f"and {word.upper()}, please")] == []


@pytest.mark.parametrize(
    "talk",
    [
        "On what day of the week?",
        "Until then our office is open.",
        "Tender, often, once-over",
        "The order is on its way.",
    ],
)
def test_a_word_that_only_begins_like_a_number_is_talk(talk: str) -> None:
    assert may_hold_digits(talk) is ("once" in talk)
