"""What goes through Valkey comes back, and is never code."""

import pickle
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import override_settings

from security.cache import CacheAway, JSONSerializer


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize(
    "value",
    [0, -7, 1.5, 1e300, True, False, None, "", "käse", "12", [1, 2.5, "a", None], {"a": [1], "b": {}},
     datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), [datetime(2026, 1, 2)]],  # noqa: DTZ001 - what is naive stays so
)  # fmt: skip
def test_what_is_put_there_comes_back(value: Any) -> None:
    cache.set("key", value)
    found = cache.get("key", "missing")
    assert (found, type(found)) == (value, type(value))


def test_numbers_are_counted_by_valkey() -> None:
    cache.set("key", 4)
    assert cache.incr("key") == 5
    assert cache.add("key", 1) is False


class Bomb:
    """What a pickle does when it is read."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pytest.fail, ("the pickle was read",)


def test_a_pickle_is_not_read() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.set(cache.make_key("key"), pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="decode|utf-8|Expecting"):
        cache.get("key")


def test_objects_are_not_kept() -> None:
    with pytest.raises(TypeError, match="Bomb"):
        JSONSerializer().dumps(Bomb())
    with pytest.raises(ValueError, match="JSON"):
        JSONSerializer().dumps(float("nan"))  # no JSON, though Python would read it again


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_a_valkey_that_never_answers_counts_as_away(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    """Both ways of reaching one: the connection is taken, and nothing comes."""
    family, address = (
        (socket.AF_INET, ("127.0.0.1", 0)) if kind == "tcp" else (socket.AF_UNIX, _short(tmp_path_factory))
    )
    with socket.socket(family) as silent:
        silent.bind(address)
        silent.listen()
        where = f"redis://127.0.0.1:{silent.getsockname()[1]}" if kind == "tcp" else f"unix://{address}"
        caches = {"default": {**settings.CACHES["default"], "LOCATION": where}}
        began = time.monotonic()
        with override_settings(CACHES=caches), pytest.raises(CacheAway):
            cache.get("key")
        assert time.monotonic() - began < 4


def _short(folders: pytest.TempPathFactory) -> str:
    """A path that a socket can have."""
    return str(folders.mktemp("v") / "s")


def test_sessions_are_json() -> None:
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"
