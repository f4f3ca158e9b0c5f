"""The versioned tables that this engine and the browser's copy share: `tables.json`, read once.

`python -m security.masking.tables` writes the browser's module from it; a test proves the two equal.
"""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from security.masking.folding import foldings

PREFIX: Final = 6  # digits that name a brand
JS_MODULE: Final = "static/js/shared/mask-tables.js"


@dataclass(frozen=True, slots=True)
class Brand:
    """A range of card numbers (ISO/IEC 7812): prefixes as pairs of equally long strings, lengths in digits."""

    name: str
    prefixes: tuple[tuple[str, str], ...]
    lengths: frozenset[int]
    is_legacy: bool = False

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
    digits: dict[int, str]
    folded: dict[int, str]
    numbers: Numbers
    lexicon: dict[str, tuple[str, ...]]
    fillers: frozenset[str]
    between: frozenset[str]
    lookalikes: dict[str, str]
    ideographs: dict[int, str]
    months: tuple[str, ...]
    entities: dict[str, str]
    verification: tuple[str, ...]
    codes: tuple[str, ...]
    expiry: tuple[str, ...]
    strengths: dict[tuple[str, int], int]
    weights: dict[str, int]

    def strength(self, brand: str, length: int) -> int:
        """How many points a number of this brand and length begins with."""
        return self.strengths.get((brand, length), self.weights["brand"])


def raw() -> dict[str, Any]:
    """The file as it stands."""
    loaded: dict[str, Any] = json.loads(files(__package__).joinpath("tables.json").read_text("utf-8"))
    return loaded


@cache
def tables() -> Tables:
    """The tables; the same object each time."""
    source = raw()
    folded, digits = foldings(source)
    brands = tuple(map(_brand, source["brands"]))
    return Tables(
        version=source["version"],
        brands=brands,
        issuers=Issuers(brands),
        layouts=frozenset(tuple(layout) for layout in source["layouts"]),
        folded=folded,
        lexicon={kind: tuple(words) for kind, words in source["lexicon"].items()},
        fillers=frozenset(source["fillers"]),
        between=frozenset(source["between"]),
        lookalikes=source["lookalikes"],
        ideographs={ord(char): digit for char, digit in source["ideographs"].items()},
        months=tuple(source["months"]),
        entities=source["entities"],
        verification=tuple(source["verification"]),
        codes=tuple(source["codes"]),
        expiry=tuple(source["expiry"]),
        strengths=_strengths(source["strengths"]),
        weights=source["weights"],
        numbers=_numbers(source["numbers"]),
        digits=digits,
    )


def _brand(source: dict[str, Any]) -> Brand:
    prefixes = tuple((low, high) for low, high in source["prefixes"])
    return Brand(source["name"], prefixes, frozenset(source["lengths"]), source.get("legacy", False))


def _strengths(source: dict[str, dict[str, int]]) -> dict[tuple[str, int], int]:
    return {(brand, int(length)): points for brand, lengths in source.items() for length, points in lengths.items()}


def _numbers(source: dict[str, Any]) -> Numbers:
    return Numbers(
        units=source["units"],
        tens=source["tens"],
        pairs=source["pairs"],
        scores=frozenset(source["scores"]),
        joiners=frozenset(source["joiners"]),
        multipliers=source["multipliers"],
    )


def js_module() -> str:
    """The browser's copy as an ES module."""
    body = json.dumps(raw(), separators=(",", ":"), ensure_ascii=True)
    made = "Made from security/masking/tables.json by `python -m security.masking.tables`; do not edit."
    return f"// {made}\nexport const tables = {body};\n"


if __name__ == "__main__":
    from pathlib import Path

    Path(JS_MODULE).write_text(js_module(), "utf-8")
