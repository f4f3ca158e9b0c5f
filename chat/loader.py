"""The loader script as it is sent: read once, compressed once."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers

_SOURCE = Path(__file__).resolve().parent.parent / "static" / "embed" / "w.js"


@dataclass(frozen=True, slots=True)
class _Script:
    plain: bytes
    packed: bytes
    etag: str


def _read() -> _Script:
    plain = _SOURCE.read_bytes()
    digest = hashlib.sha256(plain).hexdigest()[:24]
    return _Script(plain, gzip.compress(plain, 9, mtime=0), f'W/"{digest}"')


_read_once = cache(_read)


def respond(request: HttpRequest) -> HttpResponse:
    """The script, or 304 for who has it. Any page may hold it: it is the same for all and says nothing."""
    script = _read() if settings.DEBUG else _read_once()
    accepted = request.headers.get("Accept-Encoding", "")
    response: HttpResponse
    if request.headers.get("If-None-Match") == script.etag:
        response = HttpResponseNotModified()
    elif "gzip" in accepted:
        response = HttpResponse(script.packed, content_type="text/javascript; charset=utf-8")
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(script.plain, content_type="text/javascript; charset=utf-8")
    response.headers["ETag"] = script.etag
    response.headers["Cache-Control"] = "max-age=300, stale-while-revalidate=86400"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
