"""The loader's sightings: proper origins, as digests, and so many."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from tenants import sightings
from tenants.sightings import loader_seen, note_loader

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    for key in client().keys("*loader:*"):
        client().delete(key)


def client() -> Any:
    return cache._cache.get_client()  # type: ignore[attr-defined]


def stored() -> list[bytes]:
    return [key + bytes(client().get(key)) for key in client().keys("*loader:*")]


def test_the_latest_of_the_origins_is_told() -> None:
    note_loader("https://shop.example", now=NOW)
    note_loader("https://www.shop.example:8443", now=NOW + timedelta(seconds=5))
    assert loader_seen(["https://other.example"]) is None
    assert loader_seen(["https://shop.example"]) == (NOW, "https://shop.example")
    found = loader_seen(["https://shop.example", "https://www.shop.example:8443"])
    assert found == (NOW + timedelta(seconds=5), "https://www.shop.example:8443")


@pytest.mark.parametrize(
    "origin",
    [
        "https://",
        "https://shop.example/path",
        "https://user:4242424242424242@shop.example",
        "https://shop.example:443",
        "https://Shop.example",
        "https://4242 4242 4242 4242",
        "https://" + "a" * 64 + ".example",
        "https://" + "é." * 4_000,
        "ftp://shop.example",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_proper_origin_is_not_stored(origin: str) -> None:
    note_loader(origin, now=NOW)
    assert stored() == []


def test_nothing_that_somebody_chose_is_stored() -> None:
    note_loader("https://4242424242424242.example", now=NOW)
    assert stored()
    assert not any(b"4242" in entry for entry in stored())


def test_so_many_new_origins_in_a_minute_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "NEW_IN_A_MINUTE", 3)
    origins = [f"https://shop{n}.example" for n in range(5)]
    for origin in origins:
        note_loader(origin, now=NOW)
    assert [loader_seen([origin]) is not None for origin in origins] == [True, True, True, False, False]
    note_loader(origins[0], now=NOW + timedelta(seconds=9))
    assert loader_seen(origins) == (NOW + timedelta(seconds=9), origins[0])
    note_loader(origins[4], now=NOW + timedelta(minutes=1))
    assert loader_seen([origins[4]]) is not None
