"""What a connection may hold: raw sockets against the real server, with deadlines of one second."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from django.conf import settings

from chatplatform.connections import Bounds
from security.net import networks
from tests import cast
from tests.chatplatform.running import until
from tests.services import databases, session
from tests.services.web import WebServer

PATIENCE = 8.0
"""Seconds until a test takes a connection for one that is held: well above the deadlines, well below uvicorn's own."""
HEAD = b"POST /theme/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
LIMITS = {
    "LIMIT_HEAD_SECONDS": "1",
    "LIMIT_BODY_SECONDS": "1",
    "LIMIT_REQUESTS": "2",
    "LIMIT_CONNECTIONS": "4",
    "LIMIT_ALL_CONNECTIONS": "7",
}


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory, fixed_rows: databases.Fixed) -> Iterator[WebServer]:
    server = WebServer(session.urls(), Path(tmp_path_factory.mktemp("bounded")), extra=LIMITS)
    server.start()
    yield server
    server.stop()


def _open(server: WebServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


@pytest.fixture(autouse=True)
def none_is_left(bounded: WebServer) -> None:
    """What the test before has closed counts until the server has heard of it."""
    until(lambda: _are_free(bounded, int(LIMITS["LIMIT_CONNECTIONS"])))


def _are_free(server: WebServer, count: int) -> bool:
    with ExitStack() as stack:
        for connection in [stack.enter_context(_open(server)) for _ in range(count)]:
            with suppress(ConnectionError):
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if not _rest(connection).startswith(b"HTTP/1.1 200 "):
                return False
    return True


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


def _healthy(connection: socket.socket) -> bytes:
    """The whole answer, which may come in parts."""
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    answer = b""
    while not answer.endswith(b"ok\n"):
        part = connection.recv(4096)
        assert part, answer
        answer += part
    return answer


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x", HEAD])
@pytest.mark.parametrize("drip", [b"", b"a"])
def test_a_head_that_does_not_end_is_given_up(bounded: WebServer, begun: bytes, drip: bytes) -> None:
    with _open(bounded) as connection:
        connection.sendall(begun)
        assert _rest(connection, drip).startswith(b"HTTP/1.1 408 ")


def test_a_second_head_has_its_deadline_too(bounded: WebServer) -> None:
    with _open(bounded) as connection:
        assert _healthy(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET /he")
        assert b"HTTP/1.1 408 " in _rest(connection, b"a")


def test_a_head_that_came_in_time_is_waited_for_no_more(bounded: WebServer) -> None:
    with _open(bounded) as connection:
        assert _healthy(connection).startswith(b"HTTP/1.1 200 ")
        connection.settimeout(1.5)
        with pytest.raises(TimeoutError):  # past the deadline nothing is said, and the connection is good for another
            connection.recv(4096)
        connection.settimeout(PATIENCE)
        assert _healthy(connection).startswith(b"HTTP/1.1 200 ")


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


def test_a_member_sends_more_to_the_admin(bounded: WebServer, committed_db: None) -> None:
    cookie = f"Cookie: {settings.SESSION_COOKIE_NAME}={cast.acme().session('olga')}\r\n".encode()
    for path, status in ((b"/admin/", 409), (b"/theme/", 413)):  # 409: it was read, and names no organisation
        with _open(bounded) as connection:
            head = HEAD.replace(b"/theme/", path) + b"Connection: close\r\n" + cookie
            connection.sendall(head + b"Content-Length: 65537\r\n\r\n" + b"a" * 65_537 * (status == 409))
            assert _rest(connection).startswith(b"HTTP/1.1 %d " % status)


def test_one_client_has_so_many_requests_open(bounded: WebServer) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(_open(bounded)).sendall(HEAD + b"Content-Length: 60000\r\n\r\nabc")
        third = stack.enter_context(_open(bounded))
        third.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
        assert _rest(third).startswith(b"HTTP/1.1 429 ")


def _open_sockets(server: WebServer, stack: ExitStack, count: int) -> None:
    """Visitors' sockets that say nothing."""
    head = (
        f"GET /ws/visitor/{cast.acme().site_key}/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    for _ in range(count):
        connection = stack.enter_context(_open(server))
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize(("sockets", "status"), [(5, 200), (6, 503)])
def test_sockets_count_among_all_connections_but_not_for_their_address(
    bounded: WebServer, committed_db: None, sockets: int, status: int
) -> None:
    with ExitStack() as stack:
        _open_sockets(bounded, stack, sockets)
        connection = stack.enter_context(_open(bounded))
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert _rest(connection).startswith(b"HTTP/1.1 %d " % status)


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
