"""The list of common passwords: digests of 474,743 spellings, looked up in the file as it is.

Danger: a file that is missing or cut short would call every password uncommon. Rule: it is read whole and measured before the first answer.
Proof: tests/security/accounts/test_common_passwords.py. Source and licence: security/accounts/data/README.md.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

WIDTH: Final = 5
"""Bytes of a digest: 40 bits, with which one in two million other passwords is taken for a common one."""
LEAST: Final = 100_000
_FILE: Final = Path(__file__).parent / "data" / "common-passwords.bin"


class _Digests:
    """The file as a sorted sequence."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __len__(self) -> int:
        return len(self.content) // WIDTH

    def __getitem__(self, index: int) -> bytes:
        return self.content[index * WIDTH : (index + 1) * WIDTH]


def is_common(password: str) -> bool:
    """Whether the password, in any case, is one that many people chose."""
    digests, wanted = _list(), _digest(password)
    place = bisect_left(digests, wanted)
    return place < len(digests) and digests[place] == wanted


def list_of(passwords: Iterable[str], *, least_length: int) -> bytes:
    """The file's content for these passwords; what is shorter than any password may be is left out."""
    return b"".join(sorted({_digest(password) for password in passwords if len(password) >= least_length}))


@lru_cache(maxsize=1)
def _list() -> _Digests:
    content = _FILE.read_bytes()
    if len(content) % WIDTH or len(content) < LEAST * WIDTH:
        raise ValueError("The list of common passwords is not whole.")
    return _Digests(content)


def _digest(password: str) -> bytes:
    return hashlib.blake2b(password.casefold().encode("utf-8", "surrogatepass"), digest_size=WIDTH).digest()
