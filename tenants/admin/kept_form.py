"""What was typed into a form that came too late for its five minutes: kept while the password is asked for, and shown to be sent again.

Danger: a form that sends itself does what nobody at the screen asked for, and a copy of the sessions' table would hold what was typed. Rule: it is kept
sealed, once, for this person, if the page is his, and this address; any request after ten minutes drops it, and with the session it goes; nothing is
done before he presses the button; fields that hold secrets, and forms in which anything would be masked, are not kept.
Proof: tests/tenants/admin/test_kept_form.py.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from security.crypto import keyring
from security.crypto.envelope import Undecryptable, bind, open_sealed, seal
from security.masking import TooLong, mask_or_withhold
from security.scoping import PLATFORM_TENANT_ID, current_tenant_id, tenant_scope
from tenants.middleware import FIELD
from tenants.policies import masked_for_members

KEPT_FOR: Final = timedelta(minutes=10)
MOST_CHARACTERS: Final = 16_000
SESSION_KEY: Final = "kept_form"
_TOKEN: Final = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field
_SECRET_WORDS: Final = ("password", "secret", "key", "token")
_PURPOSE: Final = "kept form"

Fields = list[tuple[str, str]]


def keep(request: HttpRequest, *, now: datetime) -> bool:
    """Keep what was sent; False where nothing was typed, or what is not kept: files, secrets, what would be masked, more than fits."""
    fields = [(name, value) for name, values in request.POST.lists() if name != _TOKEN for value in values]
    is_typed = any(value for name, value in fields if name != FIELD)
    if request.FILES or not is_typed or any(_is_secret(name) for name, _value in fields):
        return False
    text = orjson.dumps(fields)
    if len(text) > MOST_CHARACTERS or any(_is_masked(word) for field in fields for word in field):
        return False
    sealed = base64.b64encode(seal(_keys()[0], text, _place(request))).decode()
    request.session[SESSION_KEY] = [sealed, now.timestamp()]
    return True


def take(request: HttpRequest, *, now: datetime) -> Fields:
    """What was kept for this address, which is thereby forgotten; nothing where it is another's, or too old."""
    sealed, at = request.session.get(SESSION_KEY) or ("", 0.0)
    if not sealed:
        return []
    for key in _keys():
        try:
            text = open_sealed(key, base64.b64decode(sealed), _place(request))
        except Undecryptable:
            continue
        del request.session[SESSION_KEY]
        is_in_time = now.timestamp() - at < KEPT_FOR.total_seconds()
        return [(name, value) for name, value in orjson.loads(text)] if is_in_time else []
    return []


def shown(request: HttpRequest, fields: Fields, context: dict[str, object]) -> HttpResponse:
    """A page with one button, which sends it to the address that it was meant for."""
    title = _("Send what you typed?")
    return TemplateResponse(request, "admin/kept_form.html", {**context, "title": title, "fields": fields})


class KeptFormMiddleware:
    """Forgets what was kept once its time is over, whatever page is asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Before any page."""
        if request.user.is_authenticated:
            _drop_old(request, timezone.now())
        return self.get_response(request)


def _drop_old(request: HttpRequest, now: datetime) -> None:
    _sealed, at = request.session.get(SESSION_KEY) or ("", now.timestamp())
    if now.timestamp() - at >= KEPT_FOR.total_seconds():
        del request.session[SESSION_KEY]


def _is_masked(text: str) -> bool:
    """By the organisation's rules, on its pages: its patterns are hidden from the table of sessions too."""
    masker = mask_or_withhold if current_tenant_id() is None else masked_for_members
    try:
        return bool(masker(text).findings)
    except TooLong:
        return True


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)


def _place(request: HttpRequest) -> bytes:
    """Whose it is, and where it was sent: anything else does not open it."""
    return bind(_PURPOSE, str(request.user.pk), request.get_full_path())


def _keys() -> list[bytes]:
    """Of the organisation whose page it is; operators' own pages are outside of any."""
    if current_tenant_id() is not None:
        return keyring.derived_keys(_PURPOSE)
    with tenant_scope(PLATFORM_TENANT_ID):
        return keyring.derived_keys(_PURPOSE)
