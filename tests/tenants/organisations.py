"""Acme, which Olga owns and where Ada administers and Alice answers; Rival, which is Mallory's."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from security.crypto import keyring
from tests.tenants.people import Organisation, organisation


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Neither keys of rows that are gone nor the counters of limits."""
    keyring.forget_everything()
    cache.clear()
    yield
    keyring.forget_everything()


@pytest.fixture
def acme(db: None) -> Organisation:
    acme = organisation("acme", "olga")
    acme.join("ada", "admin")
    acme.join("alice", "agent")
    return acme


@pytest.fixture
def rival(db: None) -> Organisation:
    return organisation("rival", "mallory")
