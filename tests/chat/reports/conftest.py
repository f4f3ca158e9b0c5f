"""Acme with a month of conversations, and Rival with its own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.core.cache import cache
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from security.crypto import keyring
from tests import cast
from tests.cast import Organisation
from tests.services import databases

from .given import Told, made_up, store


@pytest.fixture(scope="module")
def month(
    superuser: psycopg.Connection, fixed_rows: databases.Fixed, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[Organisation, list[Told]]]:
    """Acme's conversations, stored once: a thousand rows take longer than all that a test asks of them, and takes back."""
    with django_db_blocker.unblock():
        keyring.forget_everything()
        acme, found = cast.acme(), made_up()
        store(acme, found)
        connections.close_all()
    yield acme, found
    with django_db_blocker.unblock():
        connections.close_all()
        cache.clear()
        databases.empty(superuser, fixed_rows)
        keyring.forget_everything()


@pytest.fixture
def acme(request: pytest.FixtureRequest, db: None) -> Organisation:
    """With `told` the one whose conversations are stored; else one that has none, by a name that is free."""
    if "told" not in request.fixturenames:
        return cast.organisation("new-acme", "olga", cast.ACME)
    stored: Organisation = request.getfixturevalue("month")[0]
    return Organisation(stored.slug, stored.tenant_id, stored.public_id, stored.site_key)


@pytest.fixture
def rival(db: None) -> Organisation:
    return cast.rival()


@pytest.fixture
def told(month: tuple[Organisation, list[Told]], acme: Organisation) -> Iterator[list[Told]]:
    """Acme's conversations. A key that a test made is taken back with its row, and must not be remembered."""
    keyring.forget_everything()
    yield month[1]
    keyring.forget_everything()
