"""What a provider's server answers is bounded, in time and in length, and comes from where it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any

import pytest

from security.errors import Invalid
from security.identity.fetching import MOST_BYTES, fetch, parse_address, parse_json
from security.identity.oidc import discover

HERE = (ip_network("127.0.0.0/8"),)
_ended = Event()


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path:
            case "/redirect":
                self._send(302, b"", Location="/fine")
            case "/missing":
                self._send(404, b"{}")
            case "/long":
                self._send(200, b"x" * (MOST_BYTES + 1))
            case "/most":
                self._send(200, b"x" * MOST_BYTES)
            case "/slow":
                self.send_response(200)
                self.end_headers()
                while not _ended.wait(0.05):
                    self.wfile.write(b" ")
            case "/spelled/.well-known/openid-configuration":
                here = f"http://{self.headers['Host']}"
                spelled = dict.fromkeys(("authorization_endpoint", "jwks_uri"), here)
                spelled |= {"issuer": f"{here}/spelled", "token_endpoint": f"{here}/4242424242424242"}
                self._send(200, json.dumps(spelled).encode())
            case _:
                self._send(200, b'{"fine": true}')

    def do_POST(self) -> None:
        self._send(200, self.rfile.read(int(self.headers["Content-Length"])))

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A reader that hangs up is what some of these tests are about."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), _Answers)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    _ended.set()
    server.shutdown()
    server.server_close()


def test_an_answer_is_read(base: str) -> None:
    assert parse_json(fetch(base + "/fine", allowed=HERE)) == {"fine": True}
    assert fetch(base + "/form", allowed=HERE, form={"a": "b c"}) == b"a=b+c"
    assert len(fetch(base + "/most", allowed=HERE)) == MOST_BYTES


@pytest.mark.parametrize(
    ("path", "code"),
    [("/redirect", "provider_redirect"), ("/missing", "provider_status"), ("/long", "provider_long")],
)
def test_what_is_no_plain_answer_is_refused(base: str, path: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        fetch(base + path, allowed=HERE)


def test_an_answer_without_an_end_is_cut(base: str) -> None:
    with pytest.raises(Invalid, match="provider_late|provider_cut"):
        parse_json(fetch(base + "/slow", allowed=HERE, within=0.2))


def test_a_server_without_tls_is_none_where_tls_is_asked(base: str) -> None:
    with pytest.raises(Invalid, match="provider_cut|provider_certificate"):
        fetch(base.replace("http:", "https:"), allowed=HERE)


def test_addresses_of_our_own_are_not_asked(base: str) -> None:
    with pytest.raises(Invalid, match="provider_private"):
        fetch(base, allowed=())


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "ftp://a.example/",
            "https://",
            "https://a.example:99999/",
            "https://u:p@a.example/",
            "javascript:alert(1)",
        ),
        *(
            "https://a.example/#x",
            "https://a.example/ x",
            "https://a.example/\r\nX: y",
            "https://é.example/",
            "x" * 3000,
        ),
        *("file:///etc/hostname", "https://a.example\\@b.example/", "https://[::1/"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="provider_address"):
        parse_address(address)


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"[" * 100_000, b"\xff"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid, match="provider_json"):
        parse_json(body)


def test_an_address_that_spells_a_card_number_is_not_kept(base: str) -> None:
    with pytest.raises(Invalid, match="provider_address"):
        discover(f"{base}/spelled", allowed=HERE)
