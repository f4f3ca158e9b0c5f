"""Texts that can be told apart, found again on a disk, and that no rule of masking minds: letters alone."""

from __future__ import annotations

from typing import Final

_LETTERS: Final = "bcdfghjklmnpqrstvwxz"
SIGN: Final = "zqxkvj"
"""In every text that is sent, and nowhere else."""


def spelled(number: int, length: int = 6) -> str:
    """A number as a word without vowels, least digit first; distinct below 20 to the power of `length`."""
    return "".join(_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(length))


def text_of(*, tenant: str, sender: str, number: int) -> str:
    """What `sender` says as his `number`th message: unlike anything else that anybody says."""
    return f"{SIGN} {tenant} {sender} {spelled(number)}"


def tenant_of(text: str) -> str | None:
    """Whose text it is; None for one that was not made here."""
    words = text.split(" ")
    return words[1] if len(words) == 4 and words[0] == SIGN else None
