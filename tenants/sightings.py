"""Which websites asked for the loader lately. The loader's address is the same for all, so only the page's origin is known.

Kept in the cache for minutes: it turns "Waiting for your first visitor…" and proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.cache import cache

KEPT_FOR = 600
_LONGEST = 255


def note_loader(origin: str, *, now: datetime) -> None:
    """A page of this origin asked for the loader."""
    if len(origin) <= _LONGEST:
        cache.set(_key(origin), now, KEPT_FOR)


def loader_seen(origins: Iterable[str]) -> tuple[datetime, str] | None:
    """When and on which of these origins the loader was asked for last."""
    found = cache.get_many([_key(origin) for origin in origins])
    if not found:
        return None
    key, at = max(found.items(), key=lambda entry: entry[1])
    return at, key.removeprefix(_PREFIX)


_PREFIX = "loader:"


def _key(origin: str) -> str:
    return _PREFIX + origin
