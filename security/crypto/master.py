"""Wrapping keys with keys: the master keys of the installation, and the versions of a tenant's key.

Wrapped layout: format byte, 4-byte id of the wrapping key, sealed key. The id says which key wrapped it, so that
rotation can count what is left without opening anything; it is authenticated with the rest.
"""

from dataclasses import dataclass, field
from typing import Final

from security.crypto.envelope import KEY_BYTES, Undecryptable, bind, derive, open_sealed, seal

_FORMAT: Final = b"\x02"
_ID_BYTES: Final = 4
_HEADER_BYTES: Final = len(_FORMAT) + _ID_BYTES


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys that wrap other keys, newest first: the first one wraps, all of them unwrap."""

    keys: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("a ring needs a key")
        if any(len(key) != KEY_BYTES for key in self.keys):
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        if len({_key_id(key) for key in self.keys}) != len(self.keys):
            raise ValueError("a ring holds each key once")

    def wrap(self, key: bytes, aad: bytes) -> bytes:
        """`key` sealed under the newest key of the ring, for the place that `aad` names."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        header = _FORMAT + _key_id(self.keys[0])
        return header + seal(self.keys[0], key, bind("wrap", header, aad))

    def unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """The key inside `wrapped`; `Undecryptable` if no key of the ring wrapped it for this place."""
        header, sealed = wrapped[:_HEADER_BYTES], wrapped[_HEADER_BYTES:]
        for key in self.keys:
            if header == _FORMAT + _key_id(key):
                return open_sealed(key, sealed, bind("wrap", header, aad))
        raise Undecryptable

    def is_current(self, wrapped: bytes) -> bool:
        """Whether the newest key wrapped it; rotation wraps the others anew."""
        return wrapped[:_HEADER_BYTES] == _FORMAT + _key_id(self.keys[0])


def _key_id(key: bytes) -> bytes:
    return derive(key, b"key id", _ID_BYTES)
