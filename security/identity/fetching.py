"""Short conversations with a provider's server.

Danger: an address that leads into the platform's own network, an answer without an end, a redirect that leads elsewhere. Rule: every connection is
made by `security.outgoing`, ends in time whatever the other side does, follows no redirect, and an answer that is too long is none.
Proof: tests/security/identity/test_fetching.py.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from time import monotonic
from typing import Any, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from security.errors import Invalid
from security.net import Networks
from security.outgoing import Refused, connect, cut_after

MOST_BYTES: Final = 256 * 1024
WITHIN: Final = 10
"""Seconds for one question and its answer."""
LONGEST_ADDRESS: Final = 2_000
_PORTS: Final = {"https": 443, "http": 80}


def parse_address(text: str) -> SplitResult:
    """An absolute address that may be asked; Invalid("provider_address") for anything else."""
    try:
        parts = urlsplit(text)
        is_sound = parts.scheme in _PORTS and parts.hostname and parts.port != 0 and not parts.username
    except ValueError:
        raise Invalid("provider_address") from None
    if not is_sound or parts.fragment or len(text) > LONGEST_ADDRESS or not text.isascii() or not text.isprintable():
        raise Invalid("provider_address")
    if " " in text or "\\" in text:
        raise Invalid("provider_address")
    return parts


def fetch(
    url: str,
    *,
    allowed: Networks,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    within: float = WITHIN,
) -> bytes:
    """What a server answers to GET, or to a form that is posted. In clear to the operator's own networks (`allowed`) alone.

    Invalid("provider_…"): address, private, clear, unreachable, late, certificate, cut, redirect, status, long.
    """
    parts = parse_address(url)
    is_clear, host = parts.scheme == "http", parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Accept": "application/json, application/samlmetadata+xml, */*;q=0.1", **(headers or {})}
    asked = None if form is None else urlencode(form)
    if asked is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    until = monotonic() + within
    try:
        raw = connect(host, port, allowed=allowed, in_clear=is_clear, within=within)
        connection = HTTPConnection(host, port)
        with cut_after(within, raw):
            try:
                connection.sock = raw if is_clear else _tls().wrap_socket(raw, server_hostname=host)
                connection.request("GET" if asked is None else "POST", path, body=asked, headers=sent)
                answer = connection.getresponse()
                body = answer.read(MOST_BYTES + 1)
                if monotonic() >= until:  # it was cut, which a body without a length does not show
                    raise Invalid("provider_late")
                return _judged(answer.status, body)
            finally:
                connection.close()
                raw.close()
    except Refused as refused:
        raise Invalid("provider_address" if refused.code == "host" else f"provider_{refused.code}") from None
    except ssl.SSLCertVerificationError:
        raise Invalid("provider_certificate") from None
    except TimeoutError:
        raise Invalid("provider_late") from None
    except (HTTPException, OSError):
        raise Invalid("provider_cut") from None


def parse_json(body: bytes) -> dict[str, Any]:
    """An object; Invalid("provider_json") for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("provider_json") from None
    if not isinstance(found, dict):
        raise Invalid("provider_json")
    return found


def _judged(status: int, body: bytes) -> bytes:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise Invalid("provider_redirect")
    if status != HTTPStatus.OK:
        raise Invalid("provider_status")
    if len(body) > MOST_BYTES:
        raise Invalid("provider_long")
    return body


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
