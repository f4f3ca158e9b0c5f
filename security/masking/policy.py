"""What is masked for one tenant, as a frozen value that travels."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import re2

from security.masking.packs import PACKS, Pack
from security.masking.patterns import Pattern, PatternRefused, read_digits

MAX_PATTERNS: Final = 50
_ALWAYS: Final = frozenset({"card", "ssn"})
_MOST_TOGETHER: Final = 20_000  # instructions of all patterns for which one set is used: well within its memory
_MEMORY: Final = 64 << 20


class UnknownPack(ValueError):
    """A pack that no detector stands behind: refused, since a rule that is silently skipped is worse than none."""


@dataclass(frozen=True, slots=True)
class MaskingPolicy:
    """Packs are added to `card` and `ssn`, which are always on; `version` numbers the tenant's set of rules.

    `allowed` texts are left alone where they are found as a whole, but for cards and social security numbers that words
    near them name as such.
    """

    packs: Collection[str] = field(default=_ALWAYS)
    patterns: tuple[Pattern, ...] = ()
    keep_last_four: bool = True
    version: int = 1
    allowed: tuple[str, ...] = ()
    _extra: tuple[Pack, ...] = field(init=False, repr=False, compare=False)
    _on: tuple[Pack, ...] = field(init=False, repr=False, compare=False)
    _set: Any = field(init=False, repr=False, compare=False)
    _whole: MaskingPolicy | None = field(init=False, repr=False, compare=False)
    _passes: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        chosen = frozenset(self.packs) | _ALWAYS
        unknown = chosen - _ALWAYS - PACKS.keys()
        if unknown:
            raise UnknownPack(f"no such pack: {', '.join(sorted(unknown))}")
        if len(self.patterns) > MAX_PATTERNS:
            raise PatternRefused(f"more than {MAX_PATTERNS} patterns")
        object.__setattr__(self, "packs", chosen)
        object.__setattr__(self, "patterns", tuple(self.patterns))
        object.__setattr__(self, "allowed", tuple(self.allowed))
        object.__setattr__(self, "_extra", tuple(PACKS[name] for name in sorted(chosen - _ALWAYS)))
        object.__setattr__(self, "_on", self._extra)
        object.__setattr__(self, "_whole", None)
        object.__setattr__(self, "_passes", frozenset(map(comparable, self.allowed)))
        object.__setattr__(self, "_set", _set_of(self._extra, self.patterns))

    def suspects(self, text: str, *, is_encoded: bool = False) -> tuple[tuple[Pack, ...], tuple[Pattern, ...]]:
        """The packs and patterns that may find something in `text`; empty for nearly all."""
        if not self._extra and not self.patterns:
            return (), ()
        if self._set is None:
            return self._on, self.patterns
        hits = self._set.Match(read_digits(text)) or ()
        first = len(self._extra)
        if is_encoded:
            return self._on, tuple(self.patterns[hit - first] for hit in sorted(hits) if hit >= first)
        packs = tuple(self._extra[hit] for hit in sorted(hits) if hit < first and self._extra[hit].name in self.packs)
        return packs, tuple(self.patterns[hit - first] for hit in sorted(hits) if hit >= first)

    def without(self, packs: Collection[str]) -> MaskingPolicy:
        """The same, but what these packs find is left alone. Cards, social security numbers and patterns are no packs to be left out.

        What was compiled is shared: whoever asks for one set of packs after another costs neither memory nor time.
        """
        found = copy(self)
        kept = frozenset(self.packs) - (frozenset(packs) - _ALWAYS)
        object.__setattr__(found, "packs", kept)
        object.__setattr__(found, "_whole", self.whole)
        object.__setattr__(found, "_on", tuple(pack for pack in self._extra if pack.name in kept))
        return found

    @property
    def whole(self) -> MaskingPolicy:
        """The tenant's own, without anything left out."""
        return self._whole or self

    def allows(self, text: str) -> bool:
        """Whether the tenant's allow-list names this text."""
        return bool(self._passes) and comparable(text) in self._passes


def comparable(text: str) -> str:
    """Its digits and letters alone, in one case: how entries of an allow-list are compared."""
    return "".join(filter(str.isalnum, read_digits(text))).casefold()


def _set_of(packs: tuple[Pack, ...], patterns: tuple[Pattern, ...]) -> Any:
    """One RE2 set of all that may be found; None where they are too large for one, so that each is run by itself.

    A set answers nothing where its memory is too small to search: so it is given much more than such a set needs.
    """
    if sum(pattern.size for pattern in patterns) > _MOST_TOGETHER:
        return None
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    together = re2.Set.SearchSet(options)
    try:
        for pack in packs:
            together.Add(pack.hint)
        for pattern in patterns:
            together.Add(pattern.expression)
        together.Compile()
    except re2.error:
        return None
    return together


@cache
def default_policy() -> MaskingPolicy:
    """Cards and social security numbers, last four digits of a card kept."""
    return MaskingPolicy()
