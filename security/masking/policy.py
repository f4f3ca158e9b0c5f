"""What is masked for one tenant, as a frozen value that travels."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from security.masking.patterns import Pattern, PatternRefused

MAX_PATTERNS: Final = 50
_ALWAYS: Final = frozenset({"card", "ssn"})


class UnknownPack(ValueError):
    """A pack that no detector stands behind: refused, since a rule that is silently skipped is worse than none."""


@dataclass(frozen=True, slots=True)
class MaskingPolicy:
    """Packs are added to `card` and `ssn`, which are always on; `version` numbers the tenant's set of rules."""

    packs: Collection[str] = field(default=_ALWAYS)
    patterns: tuple[Pattern, ...] = ()
    keep_last_four: bool = True
    version: int = 1

    def __post_init__(self) -> None:
        unknown = frozenset(self.packs) - _ALWAYS
        if unknown:
            raise UnknownPack(f"no such pack: {', '.join(sorted(unknown))}")
        if len(self.patterns) > MAX_PATTERNS:
            raise PatternRefused(f"more than {MAX_PATTERNS} patterns")
        object.__setattr__(self, "packs", _ALWAYS)
        object.__setattr__(self, "patterns", tuple(self.patterns))

    def suspects(self, text: str) -> bool:
        """Whether something of the tenant's own may be in `text`."""
        return bool(self.patterns) and bool(text)


@cache
def default_policy() -> MaskingPolicy:
    """Cards and social security numbers, last four digits of a card kept."""
    return MaskingPolicy()
