"""No secret in an address: addresses are kept by browsers, proxies and their logs, which nobody here masks.

Danger: a page that leads on, or asks to sign in first, writes the address it was asked for into its answer. Rule: a request whose path
or query, or the address that its form wants to go on to, spells a number that is masked by default is answered with one fixed sentence, before
anything else reads it; searches are sent by POST. Proof: tests/security/test_addresses.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_plus

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from security.masking import mask_or_withhold

_MOST: Final = 4_000
# Ids, digests and tokens of ours: letters and digits in one, too long for anything that is masked.
_OPAQUE: Final = re.compile(r"(?=[0-9-]*[a-z])[0-9a-f-]{32,}", re.IGNORECASE)
# A token in base64 (secrets.token_urlsafe(32)) is letters and digits by chance: "cvD230" in one is no card verification code.
_TOKEN: Final = re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[A-Za-z0-9_-]{43}(?![\w-])")
# A provider's answer: code and state are its and ours, letters and digits by chance, good once, and written into no page.
_ANSWER: Final = re.compile(r"/accounts/provider/[0-9a-f-]{36}/openid/")
_LETTERS: Final = re.compile(r"[A-Za-z]+")
_BETWEEN: Final = re.compile(r"[^0-9A-Za-z]+")
_NAMES: Final = re.compile(r"[?&][^=&]{0,80}=")


class AddressGuardMiddleware:
    """Before hosts, sessions and routes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse an address with a secret in it."""
        query = request.META.get("QUERY_STRING", "")
        is_read = query and not _ANSWER.fullmatch(request.path_info)
        asked = f"{request.path_info}?{query}" if is_read else request.path_info
        if spells_secret(asked) or spells_secret(request.POST.get(REDIRECT_FIELD_NAME, "")):
            return HttpResponse(
                b"An address must not hold such a number.\n", status=400, content_type="text/plain; charset=utf-8"
            )
        return self.get_response(request)


def spells_secret(address: str) -> bool:
    """Whether something in it would be masked: with percent codes undone, without what separates, its values put together."""
    if len(address) > _MOST:  # longer than any of ours: read in part, and kept nowhere
        address = address[:_MOST]
    plain = _TOKEN.sub(lambda found: _LETTERS.sub("x", found[0]), _OPAQUE.sub("?", unquote_plus(address)))
    values = _NAMES.sub(" ", plain)
    readings = (plain, _BETWEEN.sub(" ", plain), values, values.replace(" ", ""))
    return any(mask_or_withhold(reading).findings for reading in readings)
