"""An S3-compatible server. It has no renaming: naming is copying there, then deleting what lies under the temporary name.

Each request opens a connection of its own by `security.outgoing`, verifies the certificate, follows no redirect, and ends in time.
"""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from hashlib import md5
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from math import inf
from time import monotonic
from typing import Final, Self
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import unescape

from security.net import Networks
from security.outgoing import CONNECT_WITHIN, Refused, connect, cut_after
from security.stores.signing import Signer
from security.stores.store import Failed, Missing, draft_of, sound_folder, sound_name, time_left

WITHIN: Final = 60
"""Seconds for one request."""
_MOST_TOLD: Final = 1 << 16
_A_PAGE: Final = 1000
_MOST_LISTED: Final = 1 << 22
_KEY: Final = re.compile(r"<Key>([^<]*)</Key>")
_LOCK: Final = "COMPLIANCE"
_UNTIL: Final = "x-amz-object-lock-retain-until-date"
_GIVEN: Final = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)
_REDIRECTS: Final = range(300, 400)
_BY_STATUS: Final = {401: "forbidden", 403: "forbidden", 429: "busy", 503: "busy", 507: "full"}


@dataclass(frozen=True, slots=True)
class S3:
    """A bucket, and a folder in it. `endpoint` is https://host or https://host:port; the bucket stands in the path."""

    endpoint: str
    region: str
    bucket: str
    folder: str
    key_id: str
    secret: str = field(repr=False)
    allowed: Networks = ()
    within: float = WITHIN
    until: float = inf
    """On the monotonic clock: when all acts end."""

    def write(self, name: str, data: bytes) -> None:
        self._ask("PUT", draft_of(name), data)

    def named(self, name: str) -> None:
        draft, path = draft_of(name), sound_name(name)
        try:
            answer = self._ask("PUT", path, headers={"x-amz-copy-source": self._path(draft)})
        except Missing:
            self._ask("HEAD", path)
            return
        if b"<Error" in answer:  # it had answered 200 before it knew
            raise Failed("refused")
        self._ask("DELETE", draft)

    def write_locked(self, name: str, data: bytes, *, until: datetime) -> None:
        """Under its name at once, kept by the server from everybody until then (compliance mode). Failed("not_locked") where it does not say so.

        What it says of the day counts as much as that it is locked: a bucket's own rule may make both shorter.
        """
        given = {
            "content-md5": b64encode(md5(data, usedforsecurity=False).digest()).decode(),  # S3 asks for it with a lock
            "x-amz-object-lock-mode": _LOCK,
            _UNTIL: until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self._ask("PUT", sound_name(name), data, headers=given)
        asked = until.astimezone(UTC).replace(microsecond=0)
        self._ask("HEAD", sound_name(name), told=lambda headers: _is_locked(headers, asked))

    def read(self, name: str, *, most: int, offset: int = 0) -> bytes:
        if not most:
            return b""
        ranged = {"range": f"bytes={offset}-{offset + most - 1}"}
        return self._ask("GET", sound_name(name), headers=ranged, most=most)

    def delete(self, name: str) -> None:
        for key in (sound_name(name), draft_of(name)):
            try:
                self._ask("DELETE", key)
            except Missing:
                continue

    def names(self, folder: str) -> list[str]:
        found: list[str] = []
        below = f"{self.folder}/" if self.folder else ""
        prefix, after = f"{below}{sound_folder(folder)}/", ""
        while True:
            asked = {
                "list-type": "2",
                "max-keys": str(_A_PAGE),
                "prefix": prefix,
                **({"start-after": after} if after else {}),
            }
            query = urlencode(sorted(asked.items()), quote_via=quote, safe="~")
            told = self._ask("GET", "", most=_MOST_LISTED, query=query).decode(errors="replace")
            page = [unescape(key) for key in _KEY.findall(told)]
            found += [key.removeprefix(below) for key in page if not key.removeprefix(prefix).startswith(".")]
            if len(page) < _A_PAGE or page[-1] <= after:
                return sorted(found)
            after = page[-1]

    def _path(self, key: str) -> str:
        if not key:
            return quote(f"/{self.bucket}", safe="/~")
        folder = f"{self.folder}/" if self.folder else ""
        return quote(f"/{self.bucket}/{folder}{key}", safe="/~")

    def _ask(
        self,
        method: str,
        key: str,
        body: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        most: int = _MOST_TOLD,
        told: Callable[[Message], bool] = lambda _headers: True,
        query: str = "",
    ) -> bytes:
        """One request, and the first `most` bytes of what it answered, whose headers are as they are `told`. Missing, Failed("not_locked")."""
        parts, path = urlsplit(self.endpoint), self._path(key)
        signer = Signer(self.key_id, self.secret, self.region)
        given = {"host": parts.netloc, **(headers or {})}
        try:
            ends = monotonic() + time_left(self.within, self.until)
            connection = _Connection(self)
            with cut_after(ends - monotonic(), connection.raw), connection:
                sent = signer.headers(method, path, given, body, at=datetime.now(UTC), query=query)
                connection.request(
                    method, f"{path}?{query}" if query else path, body=body if method == "PUT" else None, headers=sent
                )
                answer = connection.getresponse()
                given_back = _judged(answer, answer.read(most if answer.status in _GIVEN else _MOST_TOLD))
                _require(told(answer.headers))
                return given_back
        except Refused as refused:
            raise Failed(refused.code) from None
        except ssl.SSLCertVerificationError:
            raise Failed("certificate") from None
        except TimeoutError:
            raise Failed("late") from None
        except (HTTPException, ssl.SSLError):
            raise Failed("cut") from None
        except Failed:
            raise
        except OSError:
            raise Failed("cut") from None


class _Connection(HTTPConnection):
    """Connected to an address that was judged when it is made; `with` makes it safe, and closes it."""

    def __init__(self, store: S3) -> None:
        parts = urlsplit(store.endpoint)
        self.is_clear = parts.scheme == "http"
        super().__init__(parts.hostname or "", parts.port or (80 if self.is_clear else 443))
        quiet = min(CONNECT_WITHIN, time_left(store.within, store.until))
        self.raw = connect(self.host, self.port, allowed=store.allowed, in_clear=self.is_clear, within=quiet)

    def __enter__(self) -> Self:
        try:
            self.sock = self.raw if self.is_clear else _tls().wrap_socket(self.raw, server_hostname=self.host)
        except BaseException:
            self.raw.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _require(is_as_told: bool) -> None:
    """Failed("not_locked")."""
    if not is_as_told:
        raise Failed("not_locked")


def _is_locked(headers: Message, until: datetime) -> bool:
    """In compliance mode, until then at least; a day that cannot be read is none."""
    try:
        kept = datetime.fromisoformat(headers.get(_UNTIL, ""))
    except ValueError:
        return False
    return headers.get("x-amz-object-lock-mode") == _LOCK and kept.tzinfo is not None and kept >= until


def _judged(answer: HTTPResponse, body: bytes) -> bytes:
    """What was answered, where it is what was asked for."""
    if answer.status in _REDIRECTS:
        raise Failed("redirect")
    if b"NoSuchBucket" in body and answer.status not in _GIVEN:
        raise Failed("no_bucket")
    if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # nothing lies there: the object ends before
        return b""
    if answer.status == HTTPStatus.NOT_FOUND:
        raise Missing
    if answer.status not in (*_GIVEN, HTTPStatus.NO_CONTENT):
        raise Failed(_BY_STATUS.get(answer.status, "refused"))
    return body
