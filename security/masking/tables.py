"""The versioned tables that this engine and the browser's copy share: `tables.json`, read once.

`python -m security.masking.tables` writes the browser's module from it; a test proves the two equal.
"""

import json
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_ASCII: Final = 128
PREFIX: Final = 6  # digits that name a brand
JS_MODULE: Final = "static/js/shared/mask-tables.js"

# One class letter per character of the input; ASCII letters, `+`, `$` and `:` stand for themselves.
INVISIBLE: Final = "\x00"
SPACE: Final = " "
DASH: Final = "-"
DOT: Final = "."
COMMA: Final = ","
OTHER_SEPARATOR: Final = "/"
ELSE: Final = "?"


@dataclass(frozen=True, slots=True)
class Brand:
    """A range of card numbers (ISO/IEC 7812): prefixes as pairs of equally long strings, lengths in digits."""

    name: str
    prefixes: tuple[tuple[str, str], ...]
    lengths: frozenset[int]

    def issues(self, digits: str) -> bool:
        """Whether a number of these digits can be of this brand."""
        return len(digits) in self.lengths and any(low <= digits[: len(low)] <= high for low, high in self.prefixes)


class Issuers:
    """The brands by the first six digits: one look-up in place of a walk through every brand's prefixes."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        ranges = [pair for brand in brands for pair in brand.prefixes]
        edges = {0, *(int(low.ljust(PREFIX, "0")) for low, _ in ranges)}
        edges.update(int(high.ljust(PREFIX, "9")) + 1 for _, high in ranges)
        # Between two edges every prefix belongs to the same brands, so the first one speaks for all of them.
        self._edges = [f"{edge:0{PREFIX}}" for edge in sorted(edges - {10**PREFIX})]
        self._lengths = [_lengths(edge, brands) for edge in self._edges]

    def of(self, prefix: str) -> tuple[tuple[int, str], ...]:
        """The lengths, longest first, of the numbers that begin with these six digits, and who issues them."""
        return self._lengths[bisect_right(self._edges, prefix) - 1]


def _lengths(prefix: str, brands: Sequence[Brand]) -> tuple[tuple[int, str], ...]:
    named: dict[int, str] = {}
    for brand in brands:
        for length in brand.lengths:
            if brand.issues(prefix.ljust(length, "0")):
                named.setdefault(length, brand.name)
    return tuple(sorted(named.items(), reverse=True))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Number words in folded letters: what they are worth, as text."""

    units: dict[str, str]
    tens: dict[str, str]
    pairs: dict[str, str]
    scores: frozenset[str]
    joiners: frozenset[str]
    multipliers: dict[str, int]


@dataclass(frozen=True, slots=True)
class Tables:
    """What `tables.json` says, ready for use."""

    version: int
    brands: tuple[Brand, ...]
    issuers: Issuers
    layouts: frozenset[tuple[int, ...]]
    words: dict[str, tuple[str, ...]]
    classes: dict[int, str]
    digits: dict[int, str]
    folded: dict[int, str]
    numbers: Numbers


class _Classes(dict[int, str]):
    """For `str.translate`: a character that no table names is `ELSE`, and is remembered as such."""

    def __missing__(self, code: int) -> str:
        self[code] = found = chr(code) if code < _ASCII else ELSE
        return found


class _Folded(dict[int, str]):
    """For `str.translate`, character by character: digits, separators, and letters in lower case without accents."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _folded(chr(code))
        return found


def _folded(char: str) -> str:
    if char < "\x80":
        return char.lower()
    kind = unicodedata.category(char)
    if kind[0] == "L":
        base = unicodedata.normalize("NFKD", char)[0].lower()
        return base if len(base) == 1 and base.isalpha() else char
    if kind[0] == "M" or kind in ("Cf", "Cc"):
        return INVISIBLE
    if kind[0] == "N":
        return ELSE
    if kind == "Sc":
        return "$"
    return OTHER_SEPARATOR


def raw() -> dict[str, Any]:
    """The file as it stands."""
    loaded: dict[str, Any] = json.loads(files(__package__).joinpath("tables.json").read_text("utf-8"))
    return loaded


@cache
def tables() -> Tables:
    """The tables; the same object each time."""
    source = raw()
    digits = {first + i: str(value + i) for first, value, count in source["digits"] for i in range(count)}
    classes = _Classes(digits)
    for name, letter in (
        ("invisible", INVISIBLE),
        ("spaces", SPACE),
        ("dashes", DASH),
        ("dots", DOT),
        ("commas", COMMA),
        ("others", OTHER_SEPARATOR),
    ):
        classes.update(_spread(source[name], letter))
    folded = _Folded({code: letter for code, letter in classes.items() if code >= _ASCII or letter == INVISIBLE})
    folded.update({0xDF: "s", 0x2022: "\u2022"})  # sharp s; a bullet is no separator: it is what masking left
    numbers = source["numbers"]
    brands = tuple(
        Brand(b["name"], tuple((low, high) for low, high in b["prefixes"]), frozenset(b["lengths"]))
        for b in source["brands"]
    )
    return Tables(
        version=source["version"],
        brands=brands,
        issuers=Issuers(brands),
        layouts=frozenset(tuple(layout) for layout in source["layouts"]),
        words={kind: tuple(words) for kind, words in source["context"].items()},
        classes=classes,
        folded=folded,
        numbers=Numbers(
            units=numbers["units"],
            tens=numbers["tens"],
            pairs=numbers["pairs"],
            scores=frozenset(numbers["scores"]),
            joiners=frozenset(numbers["joiners"]),
            multipliers=numbers["multipliers"],
        ),
        digits={code: digit for code, digit in digits.items() if code >= _ASCII},
    )


def _spread(ranges: Sequence[tuple[int, int]], letter: str) -> dict[int, str]:
    return {code: letter for first, last in ranges for code in range(first, last + 1)}


def js_module() -> str:
    """The browser's copy as an ES module."""
    body = json.dumps(raw(), separators=(",", ":"), ensure_ascii=True)
    made = "Made from security/masking/tables.json by `python -m security.masking.tables`; do not edit."
    return f"// {made}\nexport const tables = {body};\n"


if __name__ == "__main__":
    from pathlib import Path

    Path(JS_MODULE).write_text(js_module(), "utf-8")
