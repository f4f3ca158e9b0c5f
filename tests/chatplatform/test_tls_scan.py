"""The running server under a scanner with old OpenSSLs of its own: everything weak is tried, nothing weak is agreed on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from tests.services import session
from tests.services.web import WebServer

from .test_server import write_certificate

pytest.importorskip("nassl", reason="the scanner has no wheels for this Python")
from nassl._nassl import OpenSSLError, SslError
from nassl.legacy_ssl_client import LegacySslClient
from nassl.ssl_client import BaseSslClient, OpenSslVerifyEnum, OpenSslVersionEnum, SslClient

OLD = ("SSLV2", "SSLV3", "TLSV1", "TLSV1_1")
GOOD = {
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
}
"""What may be agreed on in TLS 1.2 with a key on a curve."""


def unverified() -> ssl.SSLContext:
    """A client's that believes everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@dataclass
class SecureServer(WebServer):
    """The same, with a certificate, under one of both ASGI servers."""

    program: str = "uvicorn"

    @property
    def url(self) -> str:
        """Where it answers, which is its SITE_URL too."""
        return f"https://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """What Python runs."""
        return [*super().command(), f"--server={self.program}"]

    def is_ready(self) -> bool:
        """Asked over TLS."""
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=5) as plain,
            unverified().wrap_socket(plain) as connection,
        ):
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
        return False


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where `serve` speaks TLS, with the certificate that the operator gave it."""
    folder = tmp_path_factory.mktemp("tls")
    given = str(write_certificate(folder))
    server = SecureServer(session.urls(), folder, {"TLS_CERT": given, "TLS_KEY": given}, program=request.param)
    server.start()
    yield server.port
    server.stop()


def client_of(
    plain: socket.socket, version: str, *, kind: type[BaseSslClient] = LegacySslClient, ciphers: str = ""
) -> Any:
    """The scanner's end of a connection that has not begun to speak TLS."""
    client = kind(underlying_socket=plain, ssl_version=OpenSslVersionEnum[version], ssl_verify=OpenSslVerifyEnum.NONE)
    if ciphers:
        client.set_cipher_list(ciphers)
    return client


def agreed(port: int, version: str, **how: object) -> str:
    """The cipher that server and client agree on, "" where they do not."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        client = client_of(plain, version, **how)
        try:
            client.do_handshake()
        except (OpenSSLError, SslError, OSError):
            return ""
        return str(client.get_current_cipher_name())


def every_cipher(kind: type[BaseSslClient]) -> set[str]:
    """What this OpenSSL, 1.0.2 or 1.1.1, knows for TLS 1.2, export, anonymous and empty ones too."""
    client = kind(ssl_version=OpenSslVersionEnum.TLSV1_2, ssl_verify=OpenSslVerifyEnum.NONE)
    client.set_cipher_list("ALL:COMPLEMENTOFALL")
    return {name for name in client.get_cipher_list() if not name.startswith("TLS_")}


@pytest.mark.parametrize("version", OLD)
def test_old_versions_are_refused(port: int, version: str) -> None:
    assert agreed(port, version, ciphers="ALL:COMPLEMENTOFALL") == ""


def test_of_all_ciphers_of_tls_1_2_three_are_agreed_on(port: int) -> None:
    for kind in (LegacySslClient, SslClient):
        tried = every_cipher(kind)
        assert len(tried) > 100
        assert {name for name in tried if agreed(port, "TLSV1_2", kind=kind, ciphers=name)} <= GOOD
    assert {name for name in GOOD if agreed(port, "TLSV1_2", kind=SslClient, ciphers=name)} == GOOD
    assert agreed(port, "TLSV1_2", kind=SslClient) == "ECDHE-ECDSA-AES256-GCM-SHA384", "the longest key first"


@pytest.mark.parametrize("clients", ["AES128-GCM-SHA256", "CHACHA20-POLY1305", "AES256-GCM-SHA384"])
def test_in_tls_1_2_the_server_chooses_whatever_the_client_prefers(port: int, clients: str) -> None:
    first = f"ECDHE-ECDSA-{clients}"
    offered = ":".join([first, *sorted(GOOD - {first})])
    assert agreed(port, "TLSV1_2", kind=SslClient, ciphers=offered) == "ECDHE-ECDSA-AES256-GCM-SHA384"


def test_a_socket_over_tls_is_let_in(port: int) -> None:
    """A server that tells the application of no scheme would have each refused."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, unverified().wrap_socket(plain) as secure:
        lines = [
            "GET /ws/visitor/pk_nobody/ HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: https://127.0.0.1:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        secure.sendall("\r\n".join([*lines, "", ""]).encode())
        assert secure.recv(64).startswith(b"HTTP/1.1 101")


def test_tls_1_3_prefers_256_bits(port: int) -> None:
    assert agreed(port, "TLSV1_3", kind=SslClient) == "TLS_AES_256_GCM_SHA384"


def test_nothing_is_compressed_and_nobody_begins_anew(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        client = client_of(plain, "TLSV1_2")
        client.do_handshake()
        assert client.get_current_compression_method() is None
        assert client.get_secure_renegotiation_support()
        with pytest.raises((OpenSSLError, SslError, OSError)):
            client.do_renegotiate()


def test_plain_http_is_answered_by_nothing(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert not plain.recv(1024).startswith(b"HTTP/")
