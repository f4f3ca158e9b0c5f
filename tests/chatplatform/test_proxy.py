"""Whether a request came over TLS is believed of configured proxies alone."""

from typing import Any

import pytest

from chatplatform.proxy import ForwardedScheme, SecureRequestsOnly, SecureSocketsOnly

_TLS = [(b"x-forwarded-proto", b"https")]


async def _scheme(kind: str, address: str | None, headers: list[tuple[bytes, bytes]]) -> str:
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["scheme"])

    client = (address, 1) if address is not None else None
    plain = {"http": "http", "websocket": "ws"}[kind]
    scope = {"type": kind, "scheme": plain, "client": client, "headers": headers}
    await ForwardedScheme(application, ["10.0.0.0/8", "fd00::/8"])(scope, None, None)
    assert scope["scheme"] == plain  # the server's own scope is not changed
    return seen[0]


@pytest.mark.parametrize(("kind", "secure"), [("http", "https"), ("websocket", "wss")])
@pytest.mark.parametrize("address", ["10.1.2.3", "fd00::1"])
async def test_a_configured_proxy_is_believed(kind: str, secure: str, address: str) -> None:
    assert await _scheme(kind, address, _TLS) == secure


@pytest.mark.parametrize("address", ["11.0.0.1", "127.0.0.1", "::1", "", "proxy", None])
async def test_nobody_else_is(address: str | None) -> None:
    assert await _scheme("http", address, _TLS) == "http"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"x-forwarded-proto", b"http")],
        [(b"x-forwarded-proto", b"HTTPS,http")],
        [*_TLS, (b"x-forwarded-proto", b"http")],
        [*_TLS, *_TLS],
    ],
)
async def test_anything_but_one_plain_word_is_not_tls(headers: list[tuple[bytes, bytes]]) -> None:
    assert await _scheme("http", "10.1.2.3", headers) == "http"


@pytest.mark.parametrize(
    ("kind", "scheme", "passes"),
    [("websocket", "wss", True), ("websocket", "ws", False), ("websocket", None, False), ("http", "http", True)],
)
async def test_no_socket_without_tls(kind: str, scheme: str | None, passes: bool) -> None:
    """Pages without it are redirected, by Django."""
    passed, sent = [], []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, str]) -> None:
        sent.append(message["type"])

    scope = {"type": kind} | ({} if scheme is None else {"scheme": scheme})
    await SecureSocketsOnly(application)(scope, receive, send)
    assert bool(passed) is passes
    assert sent == ([] if passes else ["websocket.close"])


@pytest.mark.parametrize(
    ("scheme", "method", "path", "passes"),
    [
        ("https", "POST", "/accounts/login/", True),
        ("https", "GET", "/api/v1/conversations/", True),
        ("http", "GET", "/accounts/login/", True),  # redirected, by Django
        ("http", "HEAD", "/", True),
        ("http", "POST", "/accounts/login/", False),
        ("http", "GET", "/api/v1/conversations/", False),
        ("http", "DELETE", "/", False),
        (None, "POST", "/widget/pk/session", False),
    ],
)
async def test_without_tls_nothing_passes_but_who_asks_for_a_page(
    scheme: str | None, method: str, path: str, passes: bool
) -> None:
    passed, sent = [], []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["path"])

    async def send(message: dict[str, Any]) -> None:
        sent.append(message.get("status"))

    scope = {"type": "http", "method": method, "path": path} | ({} if scheme is None else {"scheme": scheme})
    await SecureRequestsOnly(application)(scope, None, send)
    assert bool(passed) is passes
    assert sent == ([] if passes else [403, None])
