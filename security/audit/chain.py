r"""The chain's arithmetic, pure: what PostgreSQL computes in `audit_append`, and a verifier anywhere can compute again.

Version 1. All integers are 8 bytes, big-endian, two's complement; `at` is microseconds since 1970-01-01T00:00:00Z.

    hash(0)    = SHA-256("chatplatform audit chain v1\n" ‖ the 16 bytes of the chain's UUID)
    hash(n)    = SHA-256("chatplatform audit event v1\n" ‖ hash(n-1) ‖ n ‖ at ‖ entry)
    commitment = SHA-256("chatplatform audit detail v1\n" ‖ 32 bytes of salt ‖ values)

Everything before `entry` has a fixed length, so no two different events give the same bytes. `entry` and `values` are ASCII JSON, hashed as
they are stored and never parsed for that, so no difference between two JSON libraries can break a chain. The salt lies with the values under
the person's key: once that key is destroyed the commitment cannot be used to guess a name or an address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

HASH_BYTES: Final = 32
SALT_BYTES: Final = 32
_CHAIN: Final = b"chatplatform audit chain v1\n"
_EVENT: Final = b"chatplatform audit event v1\n"
_DETAIL: Final = b"chatplatform audit detail v1\n"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def genesis(chain: UUID) -> bytes:
    """The hash before the first event."""
    return sha256(_CHAIN + chain.bytes).digest()


def link(previous: bytes, seq: int, at: datetime, entry: str) -> bytes:
    """The hash of event `seq`, which follows the one whose hash is `previous`."""
    if len(previous) != HASH_BYTES:
        raise ValueError(f"a hash has {HASH_BYTES} bytes")
    return sha256(_EVENT + previous + _int8(seq) + _int8(microseconds(at)) + entry.encode()).digest()


def commitment(salt: bytes, values: str) -> bytes:
    """What the chain says about personal values that it does not hold."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return sha256(_DETAIL + salt + values.encode()).digest()


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970, exactly: no float comes near it."""
    return (at - _EPOCH) // _MICROSECOND


def canonical(value: Mapping[str, object]) -> str:
    """One spelling for each JSON object: sorted keys, no spaces, ASCII only, so that no line break or look-alike can forge an entry."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _int8(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)
