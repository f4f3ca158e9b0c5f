"""The cast at the real server's doors."""

from collections.abc import AsyncIterator

import pytest

from tests import cast
from tests.cast import Organisation
from tests.services.web import WebServer

from .sockets import Door, door_to


@pytest.fixture
def acme_live(server: WebServer) -> Organisation:
    """Acme with all its people, known to the running server."""
    return cast.acme()


@pytest.fixture
def rival_live(server: WebServer) -> Organisation:
    return cast.rival()


@pytest.fixture
async def door(server: WebServer) -> AsyncIterator[Door]:
    async with door_to(server) as door:
        yield door
