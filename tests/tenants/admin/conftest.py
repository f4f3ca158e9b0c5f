"""Everybody who may come to the admin, each with a browser of his own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from security.models import User

from ..people import Organisation, person
from .pages import Browse, sign_in


@pytest.fixture
def house(acme: Organisation) -> Organisation:
    """Acme with one member in each role: Olga, Ada, Sam, Alice, Rita and Audrey."""
    acme.join("sam", "supervisor")
    acme.join("rita", "analyst")
    acme.join("audrey", "auditor")
    return acme


@pytest.fixture
def oscar(db: None) -> User:
    """Works for the platform; belongs to no organisation."""
    oscar = person("oscar@platform.example", "Oscar")
    oscar.is_operator = True
    oscar.save(update_fields=["is_operator"])
    return oscar


@pytest.fixture
def as_(house: Organisation) -> Callable[[str], Browse]:
    """`as_("ada")`: a browser in which a member of Acme is signed in."""
    return lambda name: sign_in(house.user(name))


@pytest.fixture
def stranger() -> Client:
    """Nobody."""
    return Client()
