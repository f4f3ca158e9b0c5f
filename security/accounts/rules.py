"""What a password has to be, as a value that travels. Pure; which rules hold for whom is asked in `passwords`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LEAST_LENGTH: Final = 8
"""Whatever an organisation decides (NIST SP 800-63B-4, ASVS 6.2.1)."""
MOST_LENGTH: Final = 128
"""That can be asked for; any password may be longer, up to LONGEST."""
LONGEST: Final = 256
"""Bounds the work of a hash and of looking; nothing is ever cut off."""
MOST_HISTORY: Final = 24
BEST_STRENGTH: Final = 4


class CharacterClass(StrEnum):
    """A kind of character that a password can be asked to hold."""

    LETTERS = "letters"
    DIGITS = "digits"
    UPPER = "upper"
    LOWER = "lower"
    SYMBOLS = "symbols"

    def is_in(self, password: str) -> bool:
        """Whether the password holds one, of any script."""
        return any(self._names(character) for character in password)

    def _names(self, character: str) -> bool:
        return {
            CharacterClass.LETTERS: character.isalpha(),
            CharacterClass.DIGITS: character.isdigit(),
            CharacterClass.UPPER: character.isupper(),
            CharacterClass.LOWER: character.islower(),
            CharacterClass.SYMBOLS: not character.isalnum(),
        }[self]


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """One organisation's rules, or the strictest of several. `history` counts the password that is in use as the first."""

    min_length: int = 15
    classes: frozenset[CharacterClass] = frozenset()
    min_strength: int = 3
    history: int = 4
    max_age_days: int | None = None
    words: frozenset[str] = frozenset()
    """What is easy to guess here, such as the organisation's name."""


MODERN: Final = PasswordRules()
"""After NIST SP 800-63B-4: long, not common, no classes, no change without a reason."""
PCI_DSS: Final = PasswordRules(
    min_length=12,
    classes=frozenset({CharacterClass.LETTERS, CharacterClass.DIGITS}),
    min_strength=2,
    history=4,
    max_age_days=90,
)
"""After PCI DSS 4.0.1, 8.3.6, 8.3.7 and 8.3.9."""


def strictest(several: Iterable[PasswordRules]) -> PasswordRules:
    """What satisfies each of them; MODERN where there is none."""
    found = list(several)
    if not found:
        return MODERN
    ages = [rules.max_age_days for rules in found if rules.max_age_days is not None]
    return PasswordRules(
        min_length=max(rules.min_length for rules in found),
        classes=frozenset().union(*(rules.classes for rules in found)),
        min_strength=max(rules.min_strength for rules in found),
        history=max(rules.history for rules in found),
        max_age_days=min(ages, default=None),
        words=frozenset().union(*(rules.words for rules in found)),
    )
