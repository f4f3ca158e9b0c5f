"""Digits that are written as words: "four two", "double seven", "forty-two", "siebenundzwanzig", "quatre-vingt-dix".

Pure reading, no judgement: whether a row of such words is a card is decided where cards are.
The words are in `tables.json` under `numbers`, without accents and in lower case as `folding` folds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

import re2

from security.masking.tables import tables

_FIGURE: Final = re.compile("[0-9]")
_TOKEN: Final = re.compile("[a-z]+|[0-9]+")
_JOINED: Final = re.compile("[ -]{1,3}")
_DIGITS_OF_A_PAIR: Final = 2
_SHORTEST_WORD: Final = 3
_LONGEST_WORD: Final = 160


class Numeral(NamedTuple):
    """Digits said by the words at `start:end`; a run of figures is one as well."""

    digits: str
    start: int
    end: int
    is_word: bool


_Token = tuple[str, int, int]


@cache
def _compounds() -> dict[str, str]:
    """Words of two digits that are written as one: "vierundzwanzig", "fortytwo", "veintiuno"."""
    known = tables().numbers
    units = {word: value for word, value in known.units.items() if len(value) == 1 and value != "0"}
    made = {}
    for ten, tens in known.tens.items():
        for unit, value in units.items():
            made[f"{unit}und{ten}"] = tens + value
            made[f"{ten}{unit}"] = tens + value
    return made


@cache
def _vocabulary() -> frozenset[str]:
    """Every word that may begin a number, but those that are glued together."""
    known = tables().numbers
    pairs = (pair.split(" ")[0] for pair in known.pairs)
    return frozenset({*known.units, *known.tens, *known.multipliers, *pairs, *_compounds()})


@cache
def _glued() -> re.Pattern[str]:
    """Number words without anything between them: "fouroneoneone"."""
    words = sorted((word for word in tables().numbers.units if len(word) >= _SHORTEST_WORD), key=len, reverse=True)
    return re.compile("|".join(words))


@cache
def _number_words() -> re2._Regexp[str]:
    """A whole word of number words, one or several: what only begins like one ("of", "until", "tender") is talk. RE2 looks for all at once."""
    known = tables().numbers
    pairs = {pair.split(" ")[0] for pair in known.pairs}
    words = sorted({*known.units, *known.tens, *known.multipliers, *pairs}, key=len, reverse=True)
    return re2.compile(rf"(?i)(?:^|[^a-z])(?:(?:{'|'.join(words)})(?:und)?)+(?:[^a-z]|$)")


def may_say_digits(text: str) -> bool:
    """Whether a word of class letters may say digits; quick, and False for most talk."""
    return _number_words().search(text) is not None


def numerals(text: str) -> Iterator[Numeral]:
    """Every number word and every run of figures in class letters, in order; linear in the length of the text."""
    return _found(text) if _FIGURE.search(text) is not None or may_say_digits(text) else iter(())


def _found(text: str) -> Iterator[Numeral]:
    tokens = [(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text)]
    vocabulary = _vocabulary()
    index = 0
    while index < len(tokens):
        word, start, end = tokens[index]
        if word[0] <= "9":
            yield Numeral(word, start, end, False)
            index += 1
            continue
        if word not in vocabulary and (len(word) < 2 * _SHORTEST_WORD or not _glued().match(word)):
            index += 1
            continue
        taken, digits = _read(text, tokens, index)
        if taken:
            yield Numeral(digits, start, tokens[index + taken - 1][2], True)
        index += taken or 1


def _read(text: str, tokens: list[_Token], index: int) -> tuple[int, str]:
    """How many tokens from `index` on say digits together, and which; 0 where the word is no number."""
    known = tables().numbers
    word = tokens[index][0]
    if (times := known.multipliers.get(word)) is not None:
        follower = _next(text, tokens, index)
        value = known.units.get(follower, follower if follower.isdigit() else "")
        return (2, value * times) if len(value) == 1 else (0, "")
    for spelled, pair in known.pairs.items():  # "quatre vingt": a ten of two words
        first, second = spelled.split(" ")
        if word == first and _next(text, tokens, index) == second:
            taken, digits = _with_unit(text, tokens, index + 1, pair)
            return taken + 1, digits
    if word in known.tens:
        return _with_unit(text, tokens, index, known.tens[word])
    if word in known.units:
        value = known.units[word]
        follower = _next(text, tokens, index)
        if value == "10" and known.units.get(follower, "") in ("7", "8", "9") and word == "dix":
            return 2, "1" + known.units[follower]
        return 1, value
    return _read_glued(word)


def _with_unit(text: str, tokens: list[_Token], index: int, ten: str) -> tuple[int, str]:
    """A ten with what belongs to it: "forty two", "cuarenta y dos", "soixante dix sept"."""
    known = tables().numbers
    follower, taken = _next(text, tokens, index), 2
    if follower in known.joiners:
        follower, taken = _next(text, tokens, index + 1), 3
    value = known.units.get(follower, "")
    if len(value) == 1 and value != "0":
        return taken, ten + value
    if len(value) == _DIGITS_OF_A_PAIR and tokens[index][0] in known.scores:
        last = index + taken - 1
        unit = known.units.get(_next(text, tokens, last), "") if follower == "dix" else ""
        if unit in ("7", "8", "9"):
            return taken + 1, f"{int(ten) + 1}{unit}"
        return taken, str(int(ten) * 10 + int(value))
    return 1, ten + "0"


def _next(text: str, tokens: list[_Token], index: int) -> str:
    """The token after `index`, if only a space or a hyphen parts them."""
    if index + 1 >= len(tokens):
        return ""
    after = tokens[index + 1]
    return after[0] if _JOINED.fullmatch(text, tokens[index][2], after[1]) else ""


def _read_glued(word: str) -> tuple[int, str]:
    if (compound := _compounds().get(word)) is not None:
        return 1, compound
    if not 2 * _SHORTEST_WORD <= len(word) <= _LONGEST_WORD:
        return 0, ""
    units: Mapping[str, str] = tables().numbers.units
    parts = _glued().findall(word)
    if len(parts) > 1 and sum(map(len, parts)) == len(word):
        return 1, "".join(units[part] for part in parts)
    return 0, ""
