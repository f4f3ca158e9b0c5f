"""A text as it can be read: each view is class letters with the place in the input that each of them stands for.

Views: as it stands; with letters that look like digits read as such; decoded; with number words read as digits.
The decoded text is read in the other ways again, so that a percent-encoded Arabic digit is found.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from security.masking.folding import INVISIBLE
from security.masking.reading.decoding import decoded
from security.masking.reading.numerals import Numeral, numerals
from security.masking.reading.prefilter import (
    ENCODED,
    IDEOGRAPHS,
    LOOK_ALIKE,
    NUMBER_WORDS,
    TAGS,
    WORD_BY_DIGIT,
    hints_of,
)
from security.masking.tables import tables

_LAYERS: Final = 3  # an encoding of an encoding of an encoding: beyond that nobody reads it either
_READ_OTHERWISE: Final = frozenset((ENCODED, IDEOGRAPHS, LOOK_ALIKE, NUMBER_WORDS, TAGS, WORD_BY_DIGIT))
SURROGATE: Final = re.compile("[\ud800-\udfff]")
_EXCLAIMED: Final = re.compile(
    r"(?:\d{4}|\d{16})!+"
)  # a whole group or number at the end of a sentence: no digit is missing
_ONES_AND_NOUGHTS: Final = re.compile("[oOlI|]{4}")  # a whole group of a card, as far as it has no other digits


class View(NamedTuple):
    """`text[i]` stands for `starts[i]:ends[i]` of the input; literal views show the figures that stand there."""

    name: str
    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    is_literal: bool = False


class Digit(NamedTuple):
    """One digit that a text says, and where; a word that says two digits stands for both."""

    value: str
    start: int
    end: int


def plain(text: str) -> View:
    """Digits of every script as figures, letters folded, what is invisible left out."""
    # By bytes where it can be: that takes a quarter of the time.
    classes = text.encode().translate(_ascii()).decode() if text.isascii() else text.translate(tables().folded)
    if INVISIBLE not in classes:
        return View("plain", classes, range(len(classes)), range(1, len(classes) + 1), True)
    places = [place for place, letter in enumerate(classes) if letter != INVISIBLE]
    return View("plain", classes.replace(INVISIBLE, ""), places, [place + 1 for place in places], True)


def views(text: str, hints: frozenset[int]) -> Iterator[tuple[View, frozenset[int]]]:
    """Every way to read `text` that the prefilter's `hints` speak for, the plain one first, each with its own hints."""
    first = plain(text)
    yield first, hints
    if _READ_OTHERWISE.isdisjoint(hints):
        return
    for reading in _readings(text, first, hints):
        yield reading, hints
    yield from _decodings(text, hints)


def _decodings(text: str, hints: frozenset[int]) -> Iterator[tuple[View, frozenset[int]]]:
    if TAGS in hints:  # tags between the digits of one group
        found = decoded(text, tag="")
        view = plain(found.text)
        inner = [found.starts[place] for place in view.starts], [found.ends[place - 1] for place in view.ends]
        yield View("decoded", view.text, *inner), hints
    layer = text
    starts: Sequence[int] = range(len(text))
    ends: Sequence[int] = range(1, len(text) + 1)
    for _ in range(_LAYERS):
        if ENCODED not in hints:
            return
        found = decoded(layer)
        if found.text == layer:
            return
        # Through all layers: where a character's first and last part stand in the input.
        starts, ends = [starts[place] for place in found.starts], [ends[place - 1] for place in found.ends]
        layer = SURROGATE.sub("\ufffd", found.text)
        hints = hints_of(layer)
        view = plain(layer)
        for reading in (view, *_readings(layer, view, hints)):
            inner = [starts[place] for place in reading.starts], [ends[place - 1] for place in reading.ends]
            yield View("decoded", reading.text, *inner), hints


def _readings(text: str, view: View, hints: frozenset[int]) -> Iterator[View]:
    if LOOK_ALIKE in hints:
        yield look_alike(text)
    if IDEOGRAPHS in hints:
        yield plain(text.translate(tables().ideographs))._replace(name="ideographs", is_literal=False)
    if WORD_BY_DIGIT in hints or NUMBER_WORDS in hints:
        yield spelled_out(view)


def look_alike(text: str) -> View:
    """With letters read as the digits that they look like, in words that are made of digits and such letters."""
    known = tables().lookalikes

    def read(match: re.Match[str]) -> str:
        word = match.group()
        if not any(char.isdecimal() for char in word) and not _ONES_AND_NOUGHTS.fullmatch(word):
            return word
        if word.endswith("!") and _EXCLAIMED.fullmatch(word):
            return word
        return "".join([known.get(char, char) for char in word])

    view = plain(_look_alike_word().sub(read, text))
    return View("look-alike", view.text, view.starts, view.ends)


def spelled_out(view: View) -> View:
    """With number words read as digits."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for numeral in numerals(view.text):
        if not numeral.is_word:
            continue
        pieces += [view.text[done : numeral.start], numeral.digits]
        starts += view.starts[done : numeral.start]
        ends += view.ends[done : numeral.start]
        starts += [view.starts[numeral.start]] * len(numeral.digits)
        ends += [view.ends[numeral.end - 1]] * len(numeral.digits)
        done = numeral.end
    pieces.append(view.text[done:])
    starts += view.starts[done:]
    ends += view.ends[done:]
    return View("words", "".join(pieces), starts, ends)


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


@cache
def _ascii() -> bytes:
    """The class letters of ASCII, for `bytes.translate`."""
    return "".join(map(chr, range(128))).translate(tables().folded).encode().ljust(256, b"\0")


@cache
def _digit_class() -> str:
    return "0-9" + "".join(map(re.escape, map(chr, sorted(tables().digits))))


@cache
def _look_alike_word() -> re.Pattern[str]:
    """Words of digits and letters that look like them, at least one of them a digit's neighbour."""
    letters = "".join(map(re.escape, tables().lookalikes))
    both = f"{_digit_class()}{letters}"
    return re.compile(rf"(?<![^\W_])[{both}]{{3,40}}(?![^\W_])")
