"""Real PostgreSQL and Valkey for the tests: `-p tests.services`, loaded before Django reads its settings.

The first process of a run starts one PostgreSQL and makes one migrated template; each process that runs tests gets a
database copied from it and a Valkey of its own (published messages cross Valkey's numbered databases). Only here
`fsync` is off, and only here anything speaks as superuser.
"""

from collections.abc import Iterator

import pytest

from . import environment, session


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Start what the settings need before pytest-django imports them."""
    environment.prepare(session.begin())
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """End what this process started."""
    session.end()
