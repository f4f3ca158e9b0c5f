"""Whatever way a card is cut: nobody sees more than its first six digits before it is complete, and its last four after that."""

from __future__ import annotations

import random
import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from security.masking import Stream
from security.masking.finding.cards import is_card

BRANDS = [
    ("4", 16),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("37", 15),
    ("34", 15),
    ("6011", 16),
    ("65", 16),
    ("3530", 16),
    ("36", 14),
    ("2202", 16),
]
FILLERS = ["", "", "and then ", "next: ", "ok ", "und dann ", "y luego ", "et puis "]
TALK = ["ok", "one sec", "sorry, let me see", "hold on", "got it?"]


def card(chance: random.Random) -> str:
    prefix, length = chance.choice(BRANDS)
    digits = prefix + "".join(chance.choice("0123456789") for _ in range(length - 1 - len(prefix)))
    return next(digits + last for last in "0123456789" if is_card(digits + last))


def written(chance: random.Random, digits: str) -> str:
    separator = chance.choice(["", "", " ", "-", "."])
    cuts = (0, 4, 10, 15) if len(digits) == 15 else (0, 4, 8, 12, 16)
    return separator.join(digits[one:other] for one, other in pairwise(cuts))


@given(st.integers(0, 2**32))
@settings(max_examples=400, deadline=None)
def test_a_card_cut_anywhere_into_two_to_eight_messages(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    digits = card(chance)
    text = written(chance, digits)
    cuts = [0, *sorted(chance.sample(range(1, len(text)), chance.randint(1, 7))), len(text)]
    pieces = [text[one:other] for one, other in pairwise(cuts) if re.search(r"\d", text[one:other])]
    stream, seen = Stream(), []
    for number, piece in enumerate(pieces):
        if number and chance.random() < 0.3:
            stream.feed(chance.choice(TALK), author=chance.choice(["visitor", "agent"]), at=number * 3.0)
        filler = chance.choice(FILLERS) if "last" not in piece and len(piece) > 2 else ""
        stream.feed(filler + piece, at=number * 3.0)
        seen.append("".join(char for line in stream.transcript() for char in line if char.isdigit()))
    assert all(len(shown) <= 6 for shown in seen[:-1]), (pieces, seen)
    stream.settle()
    left = "".join(char for line in stream.transcript() for char in line if char.isdigit())
    assert len(left) <= 4, (pieces, [str(line) for line in stream.transcript()])
    assert not left or left in digits
