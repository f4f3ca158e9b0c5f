"""Values in Valkey as JSON.

Danger: Django's own serializer unpickles what it reads, so whoever can write to Valkey runs code here. Rule: what is read can become numbers,
text, lists, mappings and times, and nothing else. Proof: tests/security/test_cache.py.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from redis.exceptions import RedisError

CacheAway: Final = RedisError
"""What the cache raises while Valkey is away or does not answer."""
_TIME: Final = "__datetime__"


class JSONSerializer:
    """For OPTIONS["serializer"] of Django's Redis cache. TypeError for a value that JSON has no word for; tuples become lists."""

    def dumps(self, value: object) -> int | str:
        """Whole numbers stay bare, so that Valkey can count with them."""
        if type(value) is int:
            return value
        return json.dumps(value, default=_spelled, ensure_ascii=False, allow_nan=False)

    def loads(self, data: bytes | str) -> Any:
        """ValueError for what this class did not write."""
        return json.loads(data, object_hook=_read)


def _spelled(value: object) -> dict[str, str]:
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    raise TypeError(f"{type(value).__name__} is not kept in the cache.")


def _read(pairs: dict[str, Any]) -> Any:
    return datetime.fromisoformat(pairs[_TIME]) if pairs.keys() == {_TIME} else pairs
