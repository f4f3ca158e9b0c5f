"""The second factor: whether a person has one, where he is led to get one, how its secrets lie in the database.

Danger: allauth stores the secret of an authenticator app as it is, so a copy of the database would hold every second factor. Rule: it is
sealed under a key of the platform's own, which the database does not hold in clear. The adapter is not told whose secret it is, so a row that is
moved to another person opens. Proof: tests/security/accounts/test_second_factor.py.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from security.crypto import keyring
from security.crypto.envelope import Undecryptable, bind, open_sealed, seal
from security.models import User
from security.scoping import PLATFORM_TENANT_ID, tenant_scope

FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts; recovery codes stand in for one of them."""
ASKED_AT: Final = "enrolment_asked_at"
"""In the session: the page that asked for a second factor, to which the page of factors leads back."""
_PURPOSE: Final = "second factor"
_PLACE: Final = bind("second factor", "secret")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's questions, answered."""

    def encrypt(self, text: str) -> str:
        """Sealed, as text."""
        return base64.b64encode(seal(_keys()[0], text.encode(), _PLACE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; Undecryptable for anything that was not sealed here."""
        sealed = base64.b64decode(encrypted_text)
        for key in _keys():
            try:
                return open_sealed(key, sealed, _PLACE).decode()
            except Undecryptable:
                continue
        raise Undecryptable


def has_second_factor(user: User) -> bool:
    """Whether the person shows more than a password when he signs in."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


def with_second_factor(user_ids: Iterable[int]) -> set[int]:
    """Which of these people do."""
    found = Authenticator.objects.filter(user_id__in=list(user_ids), type__in=FACTORS)
    return set(found.values_list("user_id", flat=True))


def factors_of(user: User) -> str:
    """A word for the set of factors that the person has; another one as soon as it changes."""
    found = Authenticator.objects.filter(user_id=user.pk).order_by("pk").values_list("pk", "created_at")
    return " ".join(f"{pk}@{at.isoformat()}" for pk, at in found)


def remove_factors(user: User) -> None:
    """Take all of them, recovery codes too, in the caller's transaction."""
    Authenticator.objects.filter(user_id=user.pk).delete()


def led_to_enrolment(request: HttpRequest) -> HttpResponse:
    """The way to a second factor; programs are told by a code."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"code": "second_factor_required"}, status=403)
    where = reverse("mfa_index")
    if request.method in {"GET", "HEAD"}:
        where = f"{where}?{urlencode({'next': request.get_full_path()})}"
        # Enrolling takes several pages, which do not hand `next` on.
        request.session[ASKED_AT] = request.get_full_path()
    return HttpResponse(status=303, headers={"Location": where})


def _keys() -> list[bytes]:
    with tenant_scope(PLATFORM_TENANT_ID):
        return keyring.derived_keys(_PURPOSE)
