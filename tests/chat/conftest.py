"""Acme, where Alice answers Vera; Rival, whose conversations are Mallory's."""

import pytest

from .conversations import House, Talk, house


@pytest.fixture
def acme(no_keys_in_memory: None) -> House:
    return house("acme", "Alice")


@pytest.fixture
def rival(no_keys_in_memory: None) -> House:
    return house("rival", "Mallory")


@pytest.fixture
def talk(acme: House) -> Talk:
    return acme.talk()
