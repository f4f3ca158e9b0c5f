"""A browser in which a person has signed in before: told by a cookie, so that nobody's failures elsewhere keep him out of it.

Danger: a cookie that lets in, or that goes on guessing apart from all others' count. Rule: it lets nobody in; it only says under which count an
attempt falls, holds for the names that signed in with it, and for each until that person's password is another one: whoever had the old one
is a stranger then. It is signed, names people by keyed digests, and ends with 180 days. Proof: tests/security/accounts/test_known_devices.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

from security.models import User

LIFE: Final = timedelta(days=180)
MOST_PEOPLE: Final = 5
"""Of whom one browser is a known device; the one who signed in longest ago is forgotten."""
_SALT: Final = "security.accounts.known_devices"


@dataclass(frozen=True, slots=True)
class Device:
    """A random id, and digests of the names that signed in there, the latest first, each with the stamp of the password of then."""

    id: str
    names: tuple[tuple[str, str], ...]


def device_of(request: HttpRequest, name: str, email: str) -> str:
    """The device's id if this name, the digest of that address, signed in there since the password was chosen; else empty."""
    device = _read(request)
    stamp = None if device is None else dict(device.names).get(name)
    if device is None or stamp is None:
        return ""
    person = User.objects.filter(email=email).first()
    return device.id if person is not None and secrets.compare_digest(stamp, _stamp(person)) else ""


def remember(request: HttpRequest, name: str, person: User) -> None:
    """After a whole sign-in, or a new password: `KnownDeviceMiddleware` writes it down in the browser."""
    known = _read(request)
    others = () if known is None else tuple(other for other in known.names if other[0] != name)
    device_id = secrets.token_hex(16) if known is None else known.id
    request.known_device = Device(device_id, ((name, _stamp(person)), *others)[:MOST_PEOPLE])  # type: ignore[attr-defined]


class KnownDeviceMiddleware:
    """Sets the cookie where somebody signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the cookie."""
        response = self.get_response(request)
        device: Device | None = getattr(request, "known_device", None)
        if device is not None:
            value = signing.dumps({"id": device.id, "names": device.names}, salt=_SALT)
            response.set_cookie(
                settings.DEVICE_COOKIE_NAME,
                value,
                max_age=int(LIFE.total_seconds()),
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def _read(request: HttpRequest) -> Device | None:
    try:
        found = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=LIFE)
    except signing.BadSignature:
        return None
    pairs = tuple(
        tuple(pair) for pair in found["names"] if isinstance(pair, list)
    )  # a cookie of before this rule held names alone
    return Device(found["id"], pairs)


def _stamp(person: User) -> str:
    """Another one after each change of the password."""
    chosen_at = person.password_changed_at.astimezone(UTC).isoformat()
    return salted_hmac(_SALT, f"{person.public_id} {chosen_at}", algorithm="sha256").hexdigest()[:32]
