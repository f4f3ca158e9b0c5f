"""Conversations of which nothing is stored, and a store whose Valkey can be away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from chat.unstored import keys, store
from tests.chat.conversations import House, Talk
from tests.services import session


@pytest.fixture
def acme(acme: House) -> Iterator[House]:
    """Nothing of another test's in memory."""
    keys.forget_everything()
    store.store.cache_clear()
    yield acme
    keys.forget_everything()
    store.store.cache_clear()


@pytest.fixture
def talk(acme: House) -> Talk:
    return acme.talk(is_unstored=True)


@pytest.fixture
def valkey() -> redis.Redis:
    """By its own door."""
    return redis.Redis.from_url(session.urls().redis)


@pytest.fixture
def no_valkey(acme: House, monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    """Nobody listens where it should be."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
