"""What is masked for one tenant, as a frozen value that travels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import re2

from security.masking.packs import PACKS, Pack
from security.masking.patterns import Pattern, PatternRefused, read_digits

MAX_PATTERNS: Final = 50
_ALWAYS: Final = frozenset({"card", "ssn"})
MAX_STEPS: Final = 800
"""Of all regular expressions together: 8,000 characters are looked through in 50 ms then, whatever they are."""
_MOST_IN_A_SET: Final = (
    400_000  # characters times steps: a set takes three times as long for a step as the pattern by itself
)
_MEMORY: Final = 4 << 20


class TooManySteps(PatternRefused):
    """The regular expressions are too slow together, though each of them might be used."""


class UnknownPack(ValueError):
    """A pack that no detector stands behind: refused, since a rule that is silently skipped is worse than none."""


@dataclass(frozen=True, slots=True)
class MaskingPolicy:
    """Packs are added to `card` and `ssn`, which are always on; `version` numbers the tenant's set of rules.

    `allowed` texts are left alone where packs or patterns find them as a whole; a card, its code or date, or a social
    security number never is.
    """

    packs: Collection[str] = field(default=_ALWAYS)
    patterns: tuple[Pattern, ...] = ()
    keep_last_four: bool = True
    version: int = 1
    allowed: tuple[str, ...] = ()
    _extra: tuple[Pack, ...] = field(init=False, repr=False, compare=False)
    _on: tuple[Pack, ...] = field(init=False, repr=False, compare=False)
    steps: int = field(init=False, repr=False, compare=False)
    _set: _Together | None = field(init=False, repr=False, compare=False)
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
        object.__setattr__(self, "steps", steps_of(self.patterns))
        object.__setattr__(self, "_set", _set_of(self._extra, self.patterns))

    def suspects(self, text: str, *, is_encoded: bool = False) -> tuple[tuple[Pack, ...], tuple[Pattern, ...]]:
        """The packs and patterns that may find something in `text`; empty for nearly all."""
        if not self._extra and not self.patterns:
            return (), ()
        hits = (
            None if self._set is None or len(text) * self.steps > _MOST_IN_A_SET else self._set.hits(read_digits(text))
        )
        if hits is None:
            return self._on, self.patterns
        first = len(self._extra)
        patterns = tuple(self.patterns[hit - first] for hit in hits if hit >= first)
        if is_encoded:
            return self._on, patterns
        return tuple(self._extra[hit] for hit in hits if hit < first and self._extra[hit].name in self.packs), patterns

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


def steps_of(patterns: Sequence[Pattern]) -> int:
    """What all of them cost at most for a character; TooManySteps beyond what one tenant's rules may."""
    steps = sum(pattern.steps for pattern in patterns)
    if steps > MAX_STEPS:
        raise TooManySteps(
            "The regular expressions that are switched on are too slow together: for each character of a message they may take "
            f"{steps} steps, of {MAX_STEPS} that are allowed. A repetition such as {{1,40}} takes a step for each time; formats and "
            "phrases take none."
        )
    return steps


class _Together:
    """One RE2 set of all that may be found.

    A set answers nothing, as if nothing matched, where its memory is too small to search: so the last of its
    expressions matches always, and an answer without that is none.
    """

    __slots__ = ("_last", "_set")

    def __init__(self, together: Any, last: int) -> None:
        self._set, self._last = together, last

    def hits(self, text: str) -> list[int] | None:
        """Which of them may be found, in order; None where the set did not answer."""
        found: list[int] = sorted(self._set.Match(text) or ())
        return found[:-1] if found and found[-1] == self._last else None


def _set_of(packs: tuple[Pack, ...], patterns: tuple[Pattern, ...]) -> _Together | None:
    """None where they are too large for one set, so that each is run by itself."""
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    together = re2.Set.SearchSet(options)
    try:
        for expression in (*(pack.hint for pack in packs), *(pattern.expression for pattern in patterns), ""):
            together.Add(expression)
        together.Compile()
    except re2.error:
        return None
    return _Together(together, len(packs) + len(patterns))


@cache
def default_policy() -> MaskingPolicy:
    """Cards and social security numbers, last four digits of a card kept."""
    return MaskingPolicy()
