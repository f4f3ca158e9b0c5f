"""A database that is away."""

from collections.abc import Iterator
from typing import cast

import pytest
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from pytest_django import DjangoDbBlocker


@pytest.fixture
def without_database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database is nowhere."""
    with django_db_blocker.unblock():
        connection = cast("DatabaseWrapper", connections["default"])
        connection.close()
        connection.close_pool()
        host, connection.settings_dict["HOST"] = connection.settings_dict["HOST"], "/nonexistent"
        connection.settings_dict["OPTIONS"]["pool"]["timeout"] = 0.2
        yield
        connection.close_pool()
        connection.settings_dict["HOST"] = host
        connection.settings_dict["OPTIONS"]["pool"]["timeout"] = 5
