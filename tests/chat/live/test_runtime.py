"""The shared parts of a process: started by the first socket, or by the next one where that failed."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import override_settings

from chat.live.consumers import AgentConsumer
from chat.live.runtime import live, stop_live
from security.sockets.codes import CloseCode
from tests.security.sockets.wire import Wire

pytestmark = pytest.mark.usefixtures("committed_db")
UNUSABLE = "nonsense://nowhere"


async def test_all_sockets_share_what_the_first_one_started() -> None:
    parts = await live()
    try:
        assert await live() is parts
    finally:
        await stop_live()
    again = await live()
    assert again is not parts, "What has ended is not given out"
    await stop_live()


async def test_after_a_start_that_failed_the_next_socket_tries_again() -> None:
    with override_settings(REDIS_URLS=[UNUSABLE]):
        for _ in range(2):
            assert await Wire(AgentConsumer.as_asgi()).ended() == CloseCode.RESTARTING
        with pytest.raises(ValueError, match="URL"):
            await live()
    assert UNUSABLE not in settings.REDIS_URLS
    try:
        assert await Wire(AgentConsumer.as_asgi()).ended() == CloseCode.SIGNED_OUT, "It started, and knows nobody"
        assert (await live()).hub is not None
    finally:
        await stop_live()
