"""The sockets on daphne: nothing depends on which ASGI server runs."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests import cast
from tests.cast import Organisation
from tests.services import session
from tests.services.web import DaphneServer

from .sockets import Door, door_to


@pytest.fixture
def daphne(committed_db: None, tmp_path: Path) -> Iterator[DaphneServer]:
    server = DaphneServer(session.urls(), tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def acme(committed_db: None) -> Organisation:
    return cast.acme()


@pytest.fixture
async def door(daphne: DaphneServer) -> AsyncIterator[Door]:
    async with door_to(daphne) as door:
        yield door


async def test_a_chat_goes_its_way_and_the_guard_holds(acme: Organisation, door: Door) -> None:
    alice = await door.agent(acme, "alice")
    vera = await door.visitor(acme.site_key)
    begun = await vera.say("my card is 4242 4242 4242 4242")
    assert begun["text"] == "my card is •••• •••• •••• 4242"
    taken = await alice.ask("next", "assigned")
    assert taken["conversation"]["id"] == begun["conversation"]
    await alice.say("hello Vera", conversation=begun["conversation"])
    assert (await vera.expect("message", text="hello Vera"))["prev_seq"] == 2

    with pytest.raises(InvalidStatus) as refused:
        await door.dial("/ws/agent/", origin="https://evil.example")
    assert refused.value.response.status_code == 403

    await vera.send_raw("x" * (64 * 1024 + 1))
    assert await vera.closed() == 1000  # daphne's library lets no application send 1009
