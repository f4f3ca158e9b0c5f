"""Acme with a month of conversations, and Rival with its own."""

from __future__ import annotations

import pytest

from tests import cast
from tests.cast import Organisation

from .given import Told, made_up, store


@pytest.fixture
def acme(db: None) -> Organisation:
    return cast.acme()


@pytest.fixture
def rival(db: None) -> Organisation:
    return cast.rival()


@pytest.fixture
def told(acme: Organisation) -> list[Told]:
    """Acme's conversations, stored."""
    found = made_up()
    store(acme, found)
    return found
