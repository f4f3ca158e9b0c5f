"""Customers' websites: pages of another origin than the platform's, with whatever headers and styles they have."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PAGE = """<!doctype html><html lang="{lang}"{dir}><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>
<body><h1>Shop</h1>{body}<script async src="{loader}" data-key="{key}"{options}></script></body></html>"""


@dataclass(slots=True)
class Website:
    """Serves what it was given; `origin` is what a site's list of domains has to name."""

    origin: str
    pages: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)

    def put(
        self,
        path: str,
        *,
        platform: str,
        key: str,
        head: str = "",
        body: str = "",
        options: str = "",
        lang: str = "en",
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """A page with the snippet; its address."""
        direction = ' dir="rtl"' if lang == "ar" else ""
        html = _PAGE.format(
            lang=lang, dir=direction, head=head, body=body, loader=f"{platform}/w.js", key=key, options=options
        )
        self.pages[path] = (html, headers or {})
        return self.origin + path


@contextmanager
def website() -> Iterator[Website]:
    """A web server of its own on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = site.pages.get(self.path, ("", {}))
            self.send_response(200 if html else 204)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Website(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
