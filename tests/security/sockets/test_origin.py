"""Only our own pages open sockets."""

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from security.sockets.origin import OriginGuard, own_origins

OURS = "https://chat.example"


async def accepting(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})


async def opens(*origins: bytes, site: str = OURS, debug: bool = False) -> bool:
    guard = OriginGuard(accepting, own_origins(site, debug=debug))
    socket = WebsocketCommunicator(guard, "/ws/", headers=[(b"origin", origin) for origin in origins])
    connected, _ = await socket.connect()
    return bool(connected)


async def test_our_own_origin_opens() -> None:
    assert await opens(b"https://chat.example")
    assert await opens(b"https://chat.example", site="https://Chat.example:443/")
    assert await opens(b"http://127.0.0.1:8000", site="http://127.0.0.1:8000")
    assert await opens(b"http://[::1]:8000", site="http://[::1]:8000")


@pytest.mark.parametrize(
    "origin",
    [
        b"null", b"", b"https://evil.example", b"https://chat.example.evil.example", b"https://evilchat.example", b"http://chat.example",
        b"https://chat.example:8443", b"https://chat.example/", b"https://CHAT.example", b"https://chat.example, https://evil.example",
        b"https://user@chat.example", b"https://chat.example\x00", b" https://chat.example", b"file://", b"https://sub.chat.example",
        b"https://chat.example.", b"http://127.0.0.1", b"http://localhost",
    ],
)  # fmt: skip
async def test_every_other_origin_is_refused_before_the_upgrade(origin: bytes) -> None:
    assert not await opens(origin)


async def test_a_missing_or_a_second_origin_is_refused() -> None:
    assert not await opens()
    assert not await opens(OURS.encode(), OURS.encode())
    assert not await opens(OURS.encode(), b"https://evil.example")


async def test_loopback_names_are_ours_with_debug_only_and_on_the_same_port() -> None:
    site = "http://127.0.0.1:8123"
    assert await opens(b"http://localhost:8123", site=site, debug=True)
    assert not await opens(b"http://localhost:8123", site=site)
    assert not await opens(b"http://localhost:8000", site=site, debug=True)
    assert not await opens(b"https://localhost:8123", site=site, debug=True)


@pytest.mark.parametrize("site", ["", "chat.example", "ftp://chat.example", "https://"])
def test_a_site_url_without_an_origin_stops_the_start(site: str) -> None:
    with pytest.raises(ValueError, match="SITE_URL"):
        own_origins(site, debug=False)
