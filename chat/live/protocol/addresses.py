"""URLs, e-mail addresses, phone numbers and locales: parsed, checked and written anew, so that nothing rides along.

Each function takes a bounded string and returns the canonical form, or None where it is not one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlencode, urlsplit, urlunsplit

URL_INPUT_LIMIT: Final = 8_192
URL_LIMIT: Final = 2_048
HOST_LIMIT: Final = 253
LABEL_LIMIT: Final = 63
EMAIL_LIMIT: Final = 254
LOCAL_PART_LIMIT: Final = 64
PHONE_INPUT_LIMIT: Final = 40
LOCALE_LIMIT: Final = 35
_SENSITIVE_NAME = re.compile(
    r"token|secret|passw|pwd|session|auth|jwt|credential|signature|csrf|xsrf|api_?key|otp|saml|nonce|mail|phone|mobile|birth|card|iban|account"
    r"|(?<![a-z])(?:key|code|sid|sig|sess|sso|pin|pass|state|ticket|hash|tel|name|user|login|address|ssn|cvv|cvc|dob)(?![a-z])",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"@|[A-Za-z0-9_\-+/=.]{24}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_PHONE_LAYOUT = str.maketrans("", "", " -./()\u00a0\u2010\u2011\u2013")
_LOCALE = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?:(?P<region>[a-z]{2})|[0-9]{3}))?",
    re.IGNORECASE | re.ASCII,
)
_BETWEEN = re.compile(r"[^0-9A-Za-z]+")
_DECODINGS: Final = 2
_FIGURES = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")
HIDDEN_DIGIT: Final = "x"
"""What stands for each digit of a path that spells a number: it stays an address that can be read."""
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def rebuilt_origin(text: str) -> str | None:
    """`scheme://host[:port]` of an http(s) URL, the default port left out."""
    if len(text) > URL_INPUT_LIMIT or _UNSAFE.search(text):
        return None
    try:
        parts = urlsplit(text)
        host, port = _rebuilt_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or host is None:
        return None
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def rebuilt_url(text: str) -> str | None:
    """An http(s) URL without user, fragment and sensitive query values, at most 2,048 characters.

    What makes it too long is left out: first the query, then the path.
    """
    origin = rebuilt_origin(text)
    if origin is None:
        return None
    parts = urlsplit(text)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = _rebuilt_query(parts.query)
    for tail in (f"{path}?{query}" if query else path, path, "/"):
        if len(origin) + len(tail) <= URL_LIMIT:
            return origin + tail
    return None


def _rebuilt_query(query: str) -> str:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return ""
    return urlencode([(name, value) for name, value in pairs if not _is_sensitive(name, value)])


def _is_sensitive(name: str, value: str) -> bool:
    return bool(_SENSITIVE_NAME.search(name) or _SECRET_VALUE.search(value))


def _rebuilt_host(host: str) -> str | None:
    # Before anything is made of it: what IDNA costs grows faster than its input.
    if len(host) > HOST_LIMIT or any(len(label) > LABEL_LIMIT for label in host.split(".")):
        return None
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host)}]"
        except ValueError:
            return None
    try:
        ascii_host = host.encode("idna").decode("ascii").lower() if not host.isascii() else host.lower()
    except UnicodeError:
        return None
    return ascii_host if len(ascii_host) <= HOST_LIMIT and _HOST.fullmatch(ascii_host) else None


def rebuilt_email(text: str) -> str | None:
    """`local@domain` with the domain in lower-case ASCII; no quoted local parts, no address literals."""
    local, at, domain = text.strip().rpartition("@")
    if not at or len(text) > EMAIL_LIMIT or len(local) > LOCAL_PART_LIMIT or not _LOCAL_PART.fullmatch(local):
        return None
    host = _rebuilt_host(domain)
    return f"{local}@{host}" if host and "." in host and not host.startswith("[") else None


def rebuilt_phone(text: str) -> str | None:
    """Digits with an optional leading plus, 5 to 15 of them (E.164); layout characters are dropped."""
    digits = text.translate(_PHONE_LAYOUT)
    return digits if len(text) <= PHONE_INPUT_LIMIT and _PHONE.fullmatch(digits) else None


def rebuilt_locale(text: str) -> str | None:
    """Language, script and country of a BCP 47 tag in their usual case: `pt-BR`, `zh-Hant-TW`.

    Letters only, so it spells no number: a region in digits is left out (`es-419` is `es`), a tag with variants or extensions is none.
    """
    match = _LOCALE.fullmatch(text) if len(text) <= LOCALE_LIMIT else None
    if match is None:
        return None
    parts = [match["language"].lower()]
    if match["script"]:
        parts.append(match["script"].title())
    if match["region"]:
        parts.append(match["region"].upper())
    return "-".join(parts)


def without_secrets(url: str, masker: Callable[[str], str]) -> str | None:
    """A rebuilt URL; its query is left out where that spells something to mask, the path's digits are hidden where it does, None where the host does."""
    parts = urlsplit(url)
    bare = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    if not _says_nothing(bare, masker):
        hidden = urlunsplit((parts.scheme, parts.netloc, _without_digits(parts.path), "", ""))
        return hidden if _says_nothing(hidden, masker) else None
    values = [value for _, value in parse_qsl(parts.query, keep_blank_values=True)]
    if _is_begun_in_path(parts.path, values, masker):
        return urlunsplit((parts.scheme, parts.netloc, _without_digits(parts.path), "", ""))
    is_clean = all(_says_nothing(text, masker) for text in (parts.query, "".join(values), " ".join(values)) if text)
    return url if is_clean else bare


def _is_begun_in_path(path: str, values: Sequence[str], masker: Callable[[str], str]) -> bool:
    """Whether figures of the path and of the query are a number together that the path is not: "/4242/4242?a=4242&b=4242"."""
    begun, rest = _FIGURES.findall(unquote(path)), _FIGURES.findall(" ".join(values))
    if not begun or not rest:
        return False
    said = " ".join([*begun, *rest])
    return masker(said) != said and masker(" ".join(rest)) == " ".join(rest)


def _without_digits(path: str) -> str:
    for _ in range(_DECODINGS):
        path = unquote(path)
    return quote(_DIGIT.sub(HIDDEN_DIGIT, path), safe="/:@!$&'()*+,;=~-._")


def _says_nothing(text: str, masker: Callable[[str], str]) -> bool:
    """Whether nothing is masked in `text`: as it stands, with percent codes undone as often as somebody may do it, without what separates."""
    readings = {text}
    for _ in range(_DECODINGS):
        text = unquote_plus(text)
        readings.add(text)
    readings.add(_BETWEEN.sub(" ", text))
    return all(masker(reading) == reading for reading in readings)
