"""Sealed values: what goes in and out of the encrypted columns.

`SealedText` is made from `MaskedText` alone, so a body that was never masked cannot be stored; opening one gives
`MaskedText` back. `SealedData` holds personal data that was parsed as its type (name, e-mail, phone, URL).
"""

from collections.abc import Sequence
from typing import Self

from security.crypto.envelope import Undecryptable, open_sealed, seal
from security.masking import MaskedText
from security.masking.text import trusted


class Sealed(bytes):
    """Ciphertext of a column; its repr shows the length only."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self)} bytes>"

    __str__ = __repr__

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class SealedText(Sealed):
    """A sealed message body or note."""


class SealedData(Sealed):
    """Sealed personal data."""


def seal_text(text: MaskedText, key: bytes, aad: bytes) -> SealedText:
    """Seal a body; TypeError for text that did not come out of masking."""
    if type(text) is not MaskedText:  # mypy says so before, this holds for what mypy does not see
        raise TypeError("only MaskedText is stored as a body")
    return SealedText(seal(key, text.encode(), aad))


def open_text(sealed: bytes, key: bytes, aad: bytes) -> MaskedText:
    """The body that was sealed for this place, or `Undecryptable`. Findings are not stored with it."""
    return trusted(_decoded(sealed, key, aad))


def open_text_by_any(sealed: bytes, keys: Sequence[bytes], aad: bytes) -> MaskedText:
    """As `open_text`, under whichever of the keys it was sealed."""
    return trusted(_text(open_by_any(sealed, keys, aad)))


def open_by_any(sealed: bytes, keys: Sequence[bytes], aad: bytes) -> bytes:
    """What one of the keys sealed for this place: while a tenant's key is replaced, an older one may have. Undecryptable."""
    for key in keys:
        try:
            return open_sealed(key, sealed, aad)
        except Undecryptable:
            continue
    raise Undecryptable


def seal_data(value: str, key: bytes, aad: bytes) -> SealedData:
    """Seal a personal value."""
    return SealedData(seal(key, value.encode(), aad))


def open_data(sealed: bytes, key: bytes, aad: bytes) -> str:
    """The personal value that was sealed for this place, or `Undecryptable`."""
    return _decoded(sealed, key, aad)


def _decoded(sealed: bytes, key: bytes, aad: bytes) -> str:
    return _text(open_sealed(key, sealed, aad))


def _text(clear: bytes) -> str:
    try:
        return clear.decode()
    except UnicodeDecodeError:  # authentic but not text: some other kind of value under the same aad
        raise Undecryptable from None
