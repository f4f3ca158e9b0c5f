"""Who is counted, and what a locked-out person is told: the callables that django-axes and allauth's limits ask.

Danger: with sign-in by e-mail axes finds no user name, so everybody behind one address would share one lock; and people type passwords into the
name field, so a stored name may be a password. Rule: names are counted, and stored, as a keyed digest of their one spelling; no form data is
kept. Proof: tests/security/accounts/test_lockout.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from security.accounts import attempts, known_devices
from security.accounts.attempts import Refused, Reserved, Who
from security.accounts.mail import send
from security.models import User, normalize_email
from security.net import client_ip_of_meta, networks

_LONGEST_NAME = 254
_NAME_FIELDS = ("email", "username", "login")


def name_digest(name: str) -> str:
    """What stands for a name in counters: the same for each way of writing it, and of no use without SECRET_KEY."""
    return salted_hmac(
        "security.accounts.lockout", normalize_email(name[:_LONGEST_NAME]), algorithm="sha256"
    ).hexdigest()


def username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The counted name of an attempt, from its credentials or else its form; never None, which axes would count as everybody."""
    return name_digest(_typed(request, credentials))


def address(request: HttpRequest) -> str | None:
    """The client's address, as far as configured proxies vouch for it."""
    return client_ip_of_meta(request.META, networks(tuple(settings.TRUSTED_PROXIES)))


def reserve(request: HttpRequest, credentials: Mapping[str, Any]) -> Reserved | Refused:
    """Count an attempt before it is made; a person who is locked out by it is told once, by mail."""
    name = username(request, credentials)
    who = Who(name, address(request) or "", _device(request, credentials))
    found = attempts.reserve(who, now=timezone.now())
    if isinstance(found, Refused):
        request.locked_for = found.wait  # type: ignore[attr-defined]
        if found.is_first:
            _tell(credentials, request)
    return found


def release(reserved: Reserved) -> None:
    """The attempt succeeded."""
    attempts.release(reserved)


def is_on_known_device(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> bool:
    """For axes, which knows addresses alone: what others do at this one does not concern who signed in here before."""
    return bool(_device(request, credentials))


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """The page for whoever is locked out: the same whether or not the account exists."""
    wait: timedelta = getattr(request, "locked_for", settings.AXES_COOLOFF_TIME)
    seconds = max(ceil(wait.total_seconds()), 1)
    response = render(request, "account/locked_out.html", {"minutes": ceil(seconds / 60)}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def unlock(email: str) -> int:
    """Forget the failures counted for an address, from wherever they came; how many counters there were."""
    name = name_digest(email)
    return attempts.forget(name) + int(reset(username=name))


def take_lift(email: str, *, now: datetime) -> bool:
    """Count one more lift of a person's lock by an administrator, of whatever organisation; False for one too many within a day."""
    return attempts.take_lift(name_digest(email), now=now)


def locked_people(emails: Iterable[str], *, now: datetime) -> dict[str, datetime]:
    """Which of these addresses are locked, somewhere or everywhere, and until when at the latest."""
    names = {name_digest(email): email for email in emails}
    return {names[name]: until for name, until in attempts.locked_names(list(names), now=now).items()}


def _typed(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    given = credentials or {}
    for field in _NAME_FIELDS:
        if given.get(field):
            return str(given[field])
    return request.POST.get("login") or request.POST.get("username") or ""


def _device(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    typed = _typed(request, credentials)
    return known_devices.device_of(request, name_digest(typed), normalize_email(typed[:_LONGEST_NAME]))


def _tell(credentials: Mapping[str, Any], request: HttpRequest) -> None:
    typed = _typed(request, credentials)
    person = User.objects.filter(email=normalize_email(typed[:_LONGEST_NAME]), is_active=True).first()
    if person is not None:
        context = {
            "timestamp": timezone.now(),
            "ip": address(request) or "–",
            "minutes": attempts.LOCKED_FOR.seconds // 60,
        }
        send("account/email/locked_out", person.email, context)


def forget_form_data(instance: AccessAttempt, **_: object) -> None:
    """Before an attempt is saved: nothing of what was typed stays in it, nor an address, which may be a secret link."""
    instance.get_data = instance.post_data = instance.path_info = ""
