"""A text as it can be read: each view is class letters with the place in the input that each of them stands for."""

from collections.abc import Sequence
from typing import NamedTuple

from security.masking.numerals import Numeral, numerals
from security.masking.tables import INVISIBLE, tables


class View(NamedTuple):
    """`text[i]` stands for `starts[i]:ends[i]` of the input."""

    name: str
    text: str
    starts: Sequence[int]
    ends: Sequence[int]


class Digit(NamedTuple):
    """One digit that a text says, and where; a word that says two digits stands for both."""

    value: str
    start: int
    end: int


def plain(text: str) -> View:
    """Digits of every script as figures, letters folded, what is invisible left out."""
    classes = text.lower() if text.isascii() else text.translate(tables().folded)
    if text.isascii() and not text.isprintable():
        classes = classes.translate(tables().folded)  # control characters
    if INVISIBLE not in classes:
        return View("plain", classes, range(len(classes)), range(1, len(classes) + 1))
    places = [place for place, letter in enumerate(classes) if letter != INVISIBLE]
    return View("plain", classes.replace(INVISIBLE, ""), places, [place + 1 for place in places])


def digits_of(text: str) -> tuple[Digit, ...]:
    """Every digit of `text` in order: all scripts, full-width forms, key-caps, and number words of the known languages."""
    view = plain(text)
    return tuple(digit for numeral in numerals(view.text) for digit in _spread(view, numeral))


def _spread(view: View, numeral: Numeral) -> list[Digit]:
    if numeral.is_word:
        start, end = view.starts[numeral.start], view.ends[numeral.end - 1]
        return [Digit(value, start, end) for value in numeral.digits]
    places = range(numeral.start, numeral.end)
    return [Digit(view.text[place], view.starts[place], view.ends[place]) for place in places]
