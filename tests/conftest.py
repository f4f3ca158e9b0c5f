"""Fixtures that every test may use; databases and servers come from tests/services."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from tests.services import databases, session


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse the marker that would empty tables as the application, which has no right to."""
    for item in items:
        for marker in item.iter_markers("django_db"):
            if marker.kwargs.get("transaction") or marker.kwargs.get("reset_sequences"):
                raise pytest.UsageError(f"{item.nodeid}: use the fixture committed_db instead of transaction=True.")


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Nothing to set up: this process's database was made before Django was."""


@pytest.fixture(scope="session")
def fixed_rows() -> databases.Fixed:
    """The rows that migrations made."""
    server, database = session.current()
    with server.superuser(database) as connection:
        return databases.fixed(connection)


@pytest.fixture
def committed_db(fixed_rows: databases.Fixed, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database with real commits, for threads, sockets and other processes; emptied afterwards."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        cache.clear()
        server, database = session.current()
        with server.superuser(database) as connection:
            databases.empty(connection, fixed_rows)
