"""A real OpenID provider, from a package, as a process of its own on this machine."""
# ruff: noqa: S310 - all addresses are its own

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from urllib.parse import parse_qs, quote, urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """Where it listens; its people are made by `add`, and `answer` does what a person does on its page."""

    port: int

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_issuer(self) -> str:
        """The same keys under another name, as two customers of one house have them."""
        return f"http://localhost:{self.port}"

    def add(self, subject: str, **claims: object) -> None:
        """A person, or what is said of him from now on."""
        body = json.dumps(claims).encode()
        request = urllib.request.Request(
            f"{self.issuer}/users/{quote(subject, safe='')}",
            data=body,
            method="PUT",
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()

    def answer(self, asked: str, subject: str) -> dict[str, str]:
        """What the browser brings back when this person signs in on the page that was asked for."""
        opener = urllib.request.build_opener(_Stay)
        try:
            opener.open(asked, data=urlencode({"sub": subject}).encode(), timeout=30)
        except urllib.request.HTTPError as redirect:
            place = redirect.headers["Location"]
            redirect.close()
        return {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@contextmanager
def running() -> Iterator[OpenIdProvider]:
    """Started at a free port, stopped afterwards."""
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            found = re.search(r"running on http://127\.0\.0\.1:(\d+)", line)
            if found:
                break
        else:
            raise AssertionError("".join(said))
        # It writes a line for each question: one whose lines nobody reads stands still when the pipe is full.
        reading = Thread(target=deque, args=(process.stdout, 0), daemon=True)
        reading.start()
        try:
            yield OpenIdProvider(int(found[1]))
        finally:
            process.kill()
            reading.join()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
