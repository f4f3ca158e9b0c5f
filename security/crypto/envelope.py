"""AES-256-GCM envelopes: pure functions over bytes, no Django, no key storage.

Sealed layout: format byte, 12-byte random nonce, ciphertext with its 16-byte tag. The format byte is part of the
authenticated data, so a blob cannot be re-labelled. The nonce is random: a key may seal at most 2**32 plaintexts,
which one conversation never reaches.
"""

import hmac
import os
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
AAD_VERSION: Final = 1
_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_HEADER_BYTES: Final = len(_FORMAT) + _NONCE_BYTES

_TYPES: Final[dict[type, tuple[bytes, Callable[[Any], bytes]]]] = {
    int: (b"i", lambda part: b"%d" % part),
    str: (b"s", str.encode),
    bytes: (b"b", lambda part: part),
    UUID: (b"u", lambda part: part.bytes),
    type(None): (b"n", lambda _: b""),
}
"""By type: its tag, and the value as bytes."""


class Undecryptable(Exception):
    """The blob is not what this key sealed for this place. Carries no detail: an oracle would."""

    def __init__(self) -> None:
        super().__init__("sealed data does not open here")


def new_key() -> bytes:
    """A fresh random data key."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt `plaintext` for the place that `aad` names."""
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + _cipher(key).encrypt(nonce, plaintext, _FORMAT + aad)


def open_sealed(key: bytes, blob: bytes, aad: bytes) -> bytes:
    """The plaintext of `blob`; `Undecryptable` for another key, place, format or any changed byte."""
    cipher = _cipher(key)
    if len(blob) < _HEADER_BYTES + _TAG_BYTES or blob[:1] != _FORMAT:
        raise Undecryptable
    try:
        return cipher.decrypt(blob[1:_HEADER_BYTES], blob[_HEADER_BYTES:], _FORMAT + aad)
    except InvalidTag:
        raise Undecryptable from None


def derive(key: bytes, info: bytes, length: int = KEY_BYTES) -> bytes:
    """A subkey of `key` for one purpose: HKDF-SHA256 (RFC 5869) with `info` naming the purpose."""
    _require_key(key)
    if not info:
        raise ValueError("a derived key needs a purpose")
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(key)


def lookup_key(key: bytes, kind: str) -> bytes:
    """What look-ups of one kind are keyed by; nobody gets from it to `key`."""
    return derive(key, b"lookup:" + kind.encode())


def keyed_digest(key: bytes, value: str) -> bytes:
    """HMAC-SHA256 under a `lookup_key`, for equality look-ups of personal data; `value` must come normalised by its caller."""
    _require_key(key)
    return hmac.new(key, value.encode(), sha256).digest()


def bind(*parts: int | str | bytes | UUID | None) -> bytes:
    """Encode `parts` so that no two different lists give the same bytes: type, length, value for each."""
    encoded: list[bytes] = []
    for part in parts:
        known = _TYPES.get(type(part))
        if known is None:  # bool is an int by inheritance only; a subclass of str may compare differently
            raise TypeError(f"cannot bind a {type(part).__name__}")
        tag, as_bytes = known
        raw = as_bytes(part)
        encoded += (tag, len(raw).to_bytes(4, "big"), raw)
    return b"".join(encoded)


def aad(version: int, tenant: int, conversation: UUID, message: UUID, seq: int, rev: int, field: str) -> bytes:
    """Associated data of a message body or note: the row, the position, the revision and the column it belongs to."""
    return bind("message", version, tenant, conversation, message, seq, rev, field)


def record_aad(version: int, tenant: int, model: str, record: UUID, field: str) -> bytes:
    """Associated data of personal data in a row that has no position, such as a visitor's name."""
    return bind("record", version, tenant, model, record, field)


def _cipher(key: bytes) -> AESGCM:
    _require_key(key)
    return AESGCM(key)


def _require_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:  # AESGCM would accept 128-bit keys without a word
        raise ValueError(f"a key has {KEY_BYTES} bytes")
