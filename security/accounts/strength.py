"""How hard a password is to guess; the one importer of zxcvbn."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from zxcvbn_rs_py import zxcvbn

_READ: Final = 100
"""Characters that are looked at: the rest adds what cannot be bad, and the work stays bounded."""
_MOST_WORDS: Final = 50


def strength_of(password: str, words: Collection[str] = ()) -> int:
    """From 0, guessed at once, to 4; `words` are guessed first."""
    if not password:
        return 0
    return int(zxcvbn(password[:_READ], sorted(words)[:_MOST_WORDS]).score)
