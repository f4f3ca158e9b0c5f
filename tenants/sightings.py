"""Which websites asked for the loader lately. The loader's address is the same for all, so only the page's origin is known.

Kept in the cache for minutes: it turns "Waiting for your first visitor…" and proves nothing. Anybody can name any origin, so a digest of it is
what is stored, of a proper one only, and so many in a minute. While Valkey is away nothing is noted and nothing was seen: a website's page
gets its loader all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from security.cache import CacheAway
from security.errors import Invalid
from tenants.origins import origin_of

logger = logging.getLogger(__name__)

KEPT_FOR = 600
NEW_IN_A_MINUTE = 1_000
_PREFIX = "loader:"


def note_loader(origin: str, *, now: datetime) -> None:
    """A page of this origin asked for the loader; one that browsers would write otherwise is nobody's."""
    try:
        is_proper = origin_of(origin) == origin
    except Invalid:
        return
    try:
        if is_proper and (cache.touch(_key(origin), KEPT_FOR) or _is_room(now)):
            cache.set(_key(origin), now, KEPT_FOR)
    except CacheAway as error:
        logger.warning("A sighting was not kept: %s", type(error).__name__)


def loader_seen(origins: Iterable[str]) -> tuple[datetime, str] | None:
    """When and on which of these origins the loader was asked for last."""
    keys = {_key(origin): origin for origin in origins}
    try:
        found = cache.get_many(keys)
    except CacheAway as error:
        logger.warning("Sightings could not be read: %s", type(error).__name__)
        return None
    if not found:
        return None
    key, at = max(found.items(), key=lambda entry: entry[1])
    return at, keys[key]


def _is_room(now: datetime) -> bool:
    """Count one more origin that was not known."""
    minute = f"{_PREFIX}new:{int(now.timestamp()) // 60}"
    cache.add(minute, 0, 120)
    try:
        return cache.incr(minute) <= NEW_IN_A_MINUTE
    except ValueError:  # evicted meanwhile
        return False


def _key(origin: str) -> str:
    return _PREFIX + salted_hmac("tenants.sightings", origin, algorithm="sha256").hexdigest()
