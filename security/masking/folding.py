"""One class letter per character: what of a text matters to the detectors.

Digits of every script are figures, letters are in lower case without accents, spaces, hyphens, dots and commas are
those of ASCII, other signs and emoji are strokes, and what is invisible (format, control and combining characters) is
`INVISIBLE`, which views leave out. Since each character becomes one letter, offsets do not move.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

INVISIBLE: Final = "\x00"
SIGN: Final = "/"
NO_DIGIT: Final = "?"  # fractions, Roman numerals: numbers, but nothing that a card is written with
BULLET: Final = "\u2022"  # no separator as others are: it is what masking left
_ASCII: Final = 128
_BEYOND_EUROPE: Final = "\u0530"  # accents are taken off Latin, Greek and Cyrillic letters only
_NAMED: Final = (("spaces", " "), ("dashes", "-"), ("dots", "."), ("commas", ","), ("invisible", INVISIBLE))


class _Folded(dict[int, str]):
    """For `str.translate`: what no table names is folded when it is first met, and remembered."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _folded(chr(code))
        return found


def foldings(source: dict[str, Any]) -> tuple[dict[int, str], dict[int, str]]:
    """The table for `str.translate`, and the part of it that reads digits beyond ASCII."""
    digits = {first + i: str(value + i) for first, value, count in source["digits"] for i in range(count)}
    digits = {code: digit for code, digit in digits.items() if code >= _ASCII}
    folded = _Folded(digits)
    for name, letter in _NAMED:
        spread = _spread(source[name], letter)
        folded.update({code: sign for code, sign in spread.items() if code >= _ASCII or letter == INVISIBLE})
    folded.update({ord("\u00df"): "s", ord(BULLET): BULLET})
    return folded, digits


def _folded(char: str) -> str:
    kind = unicodedata.category(char)
    if char < "\x80":
        return char.lower()
    if kind[0] == "L":
        return _folded_letter(char)
    if kind[0] == "M" or kind in ("Cf", "Cc"):
        return INVISIBLE
    return {"N": NO_DIGIT, "Sc": "$"}.get(kind if kind == "Sc" else kind[0], SIGN)


def _folded_letter(char: str) -> str:
    base = unicodedata.normalize("NFKD", char)[0].lower()
    lower = base if base < _BEYOND_EUROPE and base.isalpha() else char.lower()
    return lower if len(lower) == 1 else char


def _spread(ranges: Sequence[tuple[int, int]], letter: str) -> dict[int, str]:
    return {code: letter for first, last in ranges for code in range(first, last + 1)}
