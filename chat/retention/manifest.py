"""What is signed of an object: how much is in it, and which bytes it has. Readable without any key but the public one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from security.crypto.signing import public_key, sign

FORMAT: Final = "chatplatform archive v1"


def written(seed: bytes, *, tenant: UUID, chunk: UUID, size: int, sha256: bytes, counts: Mapping[str, Any]) -> str:
    """A manifest: lines of text, then the signature over them (Ed25519, base 16) and the key that it verifies with.

    `counts`: conversations, messages, and the times of the first and the last of them.
    """
    said = {"tenant": str(tenant), "chunk": str(chunk), "size": size, "sha256": sha256.hex(), **counts}
    text = f"{FORMAT}\n{json.dumps(said, sort_keys=True)}\n"
    return f"{text}{public_key(seed).hex()} {sign(seed, text.encode()).hex()}\n"
