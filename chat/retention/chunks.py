"""The archive's format: conversations, each compressed, then sealed under its own key for its place in the archive. Pure but for the keys' bytes.

    object      = "CPA1" conversation*
    conversation = length of 4 bytes, big-endian · AES-256-GCM of (zstd of JSON), see `security.crypto.envelope`

The associated data of a conversation is: "archived conversation", version, tenant, chunk, conversation. So nothing can be moved from one object
into another, and who destroys a conversation's key has taken it out of every copy of the object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import zstandard

from security.crypto.envelope import Undecryptable, bind, open_sealed, seal

VERSION: Final = 1
_MAGIC: Final = b"CPA1"
_LENGTH_BYTES: Final = 4
_LEVEL: Final = 6
_MOST_BYTES: Final = 1 << 30
"""Of one conversation, unpacked: 8,000 characters a message, a hundred thousand messages."""


class Damaged(Exception):
    """An object of the archive is not what was written; the sentence says in what."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a conversation lies in its object: the first byte of what is sealed, and how many there are."""

    conversation: UUID
    offset: int
    length: int


def pack(
    tenant_id: int, chunk: UUID, conversations: Iterable[tuple[UUID, bytes, Mapping[str, Any]]]
) -> tuple[bytes, list[Placed]]:
    """An object of conversations: of each its id, key and content."""
    packed, placed = bytearray(_MAGIC), []
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    for conversation, key, content in conversations:
        plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        sealed = seal(key, compressor.compress(plain), _place(tenant_id, chunk, conversation))
        packed += len(sealed).to_bytes(_LENGTH_BYTES, "big")
        placed.append(Placed(conversation, len(packed), len(sealed)))
        packed += sealed
    return bytes(packed), placed


def unpack(data: bytes, place: Placed, *, tenant_id: int, chunk: UUID, key: bytes) -> dict[str, Any]:
    """One conversation of an object; Damaged where it is not there as it was written."""
    if data[: len(_MAGIC)] != _MAGIC:
        raise Damaged("This is no object of the archive.")
    return unseal(
        data[place.offset : place.offset + place.length],
        tenant_id=tenant_id,
        chunk=chunk,
        conversation=place.conversation,
        key=key,
    )


def unseal(sealed: bytes, *, tenant_id: int, chunk: UUID, conversation: UUID, key: bytes) -> dict[str, Any]:
    """As `unpack`, of what was cut out of the object."""
    try:
        compressed = open_sealed(key, sealed, _place(tenant_id, chunk, conversation))
        plain = zstandard.ZstdDecompressor().decompress(compressed, max_output_size=_MOST_BYTES)
        content: dict[str, Any] = json.loads(plain)
    except (Undecryptable, zstandard.ZstdError, ValueError):
        raise Damaged("A conversation in the archive does not open.") from None
    return content


def _place(tenant_id: int, chunk: UUID, conversation: UUID) -> bytes:
    return bind("archived conversation", VERSION, tenant_id, chunk, conversation)
