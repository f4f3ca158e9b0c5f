"""Acme, where Alice answers Vera; Rival, whose conversations are Mallory's."""

from collections.abc import Iterator

import pytest

from security.crypto import keyring

from .conversations import House, Talk, house


@pytest.fixture
def no_keys_in_memory(committed_db: None) -> Iterator[None]:
    """Keys of rows that are gone must not be found in the next test."""
    keyring.forget_everything()
    yield
    keyring.forget_everything()


@pytest.fixture
def acme(no_keys_in_memory: None) -> House:
    return house("acme", "Alice")


@pytest.fixture
def rival(no_keys_in_memory: None) -> House:
    return house("rival", "Mallory")


@pytest.fixture
def talk(acme: House) -> Talk:
    return acme.talk()
