"""What a connection may hold: raw sockets against the real server, with deadlines of one second."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chatplatform.connections import Bounds
from security.net import networks
from tests.services import databases, session
from tests.services.web import WebServer

PATIENCE = 8.0
"""Seconds until a test takes a connection for one that is held: well above the deadlines, well below uvicorn's own."""
HEAD = b"POST /theme/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
LIMITS = {"LIMIT_HEAD_SECONDS": "1", "LIMIT_BODY_SECONDS": "1", "LIMIT_CONNECTIONS": "4"}


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory, fixed_rows: databases.Fixed) -> Iterator[WebServer]:
    server = WebServer(session.urls(), Path(tmp_path_factory.mktemp("bounded")), extra=LIMITS)
    server.start()
    yield server
    server.stop()


def _open(server: WebServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def _rest(connection: socket.socket, drip: bytes = b"") -> bytes:
    """All that comes until the server closes; with `drip`, a byte is sent each quarter of a second meanwhile."""
    answer = b""
    connection.settimeout(0.25 if drip else PATIENCE)
    for _ in range(int(PATIENCE / 0.25)):
        try:
            part = connection.recv(4096)
        except TimeoutError:
            if not drip:
                raise
            connection.sendall(drip)
            continue
        except ConnectionError:
            return answer
        if not part:
            return answer
        answer += part
    raise AssertionError("the server holds the connection")


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x", HEAD])
@pytest.mark.parametrize("drip", [b"", b"a"])
def test_a_head_that_does_not_end_is_given_up(bounded: WebServer, begun: bytes, drip: bytes) -> None:
    with _open(bounded) as connection:
        connection.sendall(begun)
        assert _rest(connection, drip).startswith(b"HTTP/1.1 408 ")


def test_a_second_head_has_its_deadline_too(bounded: WebServer) -> None:
    with _open(bounded) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET /he")
        assert b"HTTP/1.1 408 " in _rest(connection, b"a")


@pytest.mark.parametrize("drip", [b"", b"a"])
def test_a_body_that_does_not_end_is_given_up(bounded: WebServer, drip: bytes) -> None:
    with _open(bounded) as connection:
        connection.sendall(HEAD + b"Content-Length: 60000\r\n\r\nabc")
        assert _rest(connection, drip).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("path", [b"/theme/", b"/admin/", b"/nothing"])
def test_a_stranger_sends_no_large_body(bounded: WebServer, path: bytes) -> None:
    with _open(bounded) as connection:
        cookie = b"Cookie: session=" + b"a" * 32 + b"\r\n"
        connection.sendall(HEAD.replace(b"/theme/", path) + cookie + b"Content-Length: 65537\r\n\r\n")
        assert _rest(connection).startswith(b"HTTP/1.1 413 ")


def test_one_address_opens_so_many_connections(bounded: WebServer) -> None:
    with ExitStack() as stack:
        for _ in range(4):
            connection = stack.enter_context(_open(bounded))
            connection.sendall(b"GET / HT")
        assert _rest(stack.enter_context(_open(bounded))) == b""
        assert _rest(connection).startswith(b"HTTP/1.1 408 ")
    with _open(bounded) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert _rest(connection).startswith(b"HTTP/1.1 200 "), "what ended is not counted any more"


def test_trusted_proxies_and_unix_sockets_are_not_counted() -> None:
    bounds = Bounds(per_address=1, trusted=networks(("10.0.0.0/8",)))
    assert bounds.address_of(("10.1.2.3", 1)) is None
    assert bounds.address_of(None) is None
    assert bounds.address_of(("::ffff:192.0.2.1", 1)) == "192.0.2.1"
    assert [bounds.enter(None), bounds.enter(None)] == [True, True]
