"""Everybody who may come to the admin, each with a browser of his own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from ..people import Organisation
from .pages import Browse, sign_in


@pytest.fixture
def house(acme: Organisation) -> Organisation:
    """Acme with one member in each role: Olga, Ada, Sam, Alice, Rita and Audrey."""
    acme.join("sam", "supervisor")
    acme.join("rita", "analyst")
    acme.join("audrey", "auditor")
    return acme


@pytest.fixture
def as_(house: Organisation) -> Callable[[str], Browse]:
    """`as_("ada")`: a browser in which a member of Acme is signed in."""
    return lambda name: sign_in(house.user(name))


@pytest.fixture
def stranger() -> Client:
    """Nobody."""
    return Client()
