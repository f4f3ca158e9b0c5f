"""Addresses of websites, brought to the one form in which browsers name an origin. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from security.csp import is_origin
from security.errors import Invalid

_LONGEST = 255
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
_DEFAULT_PORTS = {"https": 443, "http": 80}


def origin_of(website: str) -> str:
    """`https://shop.example` of `Shop.example/catalogue`; https unless http is said. Invalid("website") for what is no web address."""
    text = website.strip()
    if len(text) > _LONGEST or not text.isprintable() or " " in text:  # urlsplit would drop line breaks silently
        raise Invalid("website")
    if "://" not in text:
        text = f"https://{text}"
    try:
        split = urlsplit(text)
        host, port = split.hostname or "", split.port
    except ValueError:
        raise Invalid("website") from None
    if split.scheme not in _DEFAULT_PORTS or split.username is not None or split.password is not None:
        raise Invalid("website")
    name = _host(host, is_bracketed="[" in split.netloc)
    suffix = "" if port in {None, _DEFAULT_PORTS[split.scheme]} else f":{port}"
    origin = f"{split.scheme}://{name}{suffix}"
    if not is_origin(origin):
        raise Invalid("website")
    return origin


def _host(host: str, *, is_bracketed: bool) -> str:
    if is_bracketed:
        try:
            return f"[{IPv6Address(host).compressed}]"
        except ValueError:
            raise Invalid("website") from None
    try:
        name = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Invalid("website") from None
    labels = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or (len(labels) == 1 and name != "localhost"):
        raise Invalid("website")
    return name
