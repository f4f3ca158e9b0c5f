"""A client that fills whatever it finds with canaries, and keeps all that it was answered."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from tests.services.web import WebServer

from .canaries import Canaries

TOKEN: Final = "k" * 32
_FIELD: Final = re.compile(r"<(?:input|textarea|select)\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([a-z-]+)="([^"]*)\"""")
_OPTION: Final = re.compile(r"<option value=\"([^\"]+)\"")
KEPT: Final = frozenset({"csrfmiddlewaretoken", "_tenant"})


@dataclass(slots=True)
class Asking:
    """HTTP to one server, as one person or nobody."""

    server: WebServer
    canaries: Canaries
    session: str | None = None
    answers: list[tuple[str, bytes]] = field(default_factory=list)

    def ask(
        self, method: str, path: str, *, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Send one request; status and body, which are kept with the headers."""
        address = urlsplit(self.server.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        given = {"Cookie": self._cookies(), **(headers or {})}
        try:
            connection.request(method, path, body=body, headers=given)
            response = connection.getresponse()
            content = response.read()
        except (http.client.HTTPException, ConnectionError) as error:
            self.answers.append((f"{method} {path[:60]}", type(error).__name__.encode()))
            return 0, ""
        finally:
            connection.close()
        told = b"\n".join(f"{name}: {value}".encode() for name, value in response.getheaders())
        self.answers.append((f"{method} {path[:60]}", told + b"\n\n" + content))
        return response.status, content.decode("utf-8", "replace")

    def post(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Send a form as its page would."""
        data = urlencode({"csrfmiddlewaretoken": TOKEN, **fields})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body=data, headers={**kind, **(headers or {})})

    def fill(self, path: str, name: str) -> None:
        """Open a page and send each of its forms with canaries in all that can be typed, in three ways."""
        status, page = self.ask("GET", path)
        if status != 200:
            return
        for number, form in enumerate(re.findall(r"<form\b.*?</form>", page, re.DOTALL)):
            known = dict(_fields(form))
            if not any(
                kind in {"text", "email", "search", "textarea", "password", "url"} for kind, _ in known.values()
            ):
                continue
            action = re.search(r'<form[^>]*\baction="([^"]*)"', form)
            target = unescape(action[1]) if action and action[1].startswith("/") else path
            for way in ("plain", "good", "odd"):
                entry = f"form {name} {number} {way}"
                sent = {key: self._value(kind, value, entry, way) for key, (kind, value) in known.items()}
                self.post(target, {key: value for key, value in sent.items() if value is not None})

    def _value(self, kind: str, value: str, entry: str, way: str) -> str | None:  # noqa: PLR0911 - a table
        card = self.canaries.card(entry)
        match kind:
            case "hidden" if value or way != "odd":
                return value
            case "email" if way == "good":
                return f"{card.replace(' ', '')}@home.example"
            case "password":
                return f"a password with {card} in it"
            case "textarea" | "text" | "search" | "url" if way == "good":
                return f"Name {card} {self.canaries.ssn(entry)} {self.canaries.staff(entry)}"
            case "checkbox" | "radio":
                return card if way == "odd" else value or None
            case "select" if way != "odd":
                return value
            case "number" if way == "good":
                return value or "3"
            case "submit" | "button" | "color":
                return value if way == "good" else card
        return card if way == "plain" else "\u200b".join(card)

    def _cookies(self) -> str:
        session = f"; {settings.SESSION_COOKIE_NAME}={self.session}" if self.session else ""
        return f"{settings.CSRF_COOKIE_NAME}={TOKEN}{session}"


def _fields(form: str) -> list[tuple[str, tuple[str, str]]]:
    """Names of what a form sends, with kind and present value."""
    found = []
    for tag in _FIELD.finditer(form):
        known = dict(_ATTRIBUTE.findall(tag[0]))
        name = known.get("name")
        if not name or name == "csrfmiddlewaretoken":
            continue
        kind = tag[0][1:].split()[0].split(">")[0].lower()
        value = unescape(known.get("value", ""))
        if kind == "select":
            option = _OPTION.search(form, tag.end())
            value = unescape(option[1]) if option else ""
        found.append((name, (known.get("type", "text") if kind == "input" else kind, value)))
    return found
