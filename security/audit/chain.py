r"""The chain's arithmetic, pure: what PostgreSQL computes in `audit_append`, and a verifier anywhere can compute again.

Version 1 is written down, and computed, in `security.audit.offline`: the one file that a tenant's auditor runs without the platform.
Everything before `entry` has a fixed length, so no two different events give the same bytes. `entry` and `values` are ASCII JSON, hashed as
they are stored and never parsed for that, so no difference between two JSON libraries can break a chain. The salt lies with the values under
the person's key: once that key is destroyed the commitment cannot be used to guess a name or an address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from security.audit.notes import HASH_BYTES
from security.audit.offline import commitment, genesis, link

SALT_BYTES: Final = HASH_BYTES

__all__ = ["HASH_BYTES", "SALT_BYTES", "canonical", "commitment", "genesis", "link"]


_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def canonical(value: Mapping[str, object]) -> str:
    """One spelling for each JSON object: sorted keys, no spaces, ASCII only, so that no line break or look-alike can forge an entry."""
    return _ENCODER.encode(value)
