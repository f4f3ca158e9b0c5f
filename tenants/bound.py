"""What a session that a provider opened does not reach besides other organisations: the person's account.

Danger: whoever runs a provider changes the password or the factors of a person whom he signed in, and comes back by them where the provider does
not lead. Rule: such a session opens no page of the account but those of signing out and of its own provider; a second factor is set up in it only by
who belongs nowhere else; operators are nobody's to sign in. Proof: tests/tenants/sign_in/test_arriving.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from security.accounts.provided import bound_tenant
from security.failures import refuse
from security.models import User
from tenants.access import memberships_of

_ACCOUNT: Final = "/accounts/"
_ALLOWED: Final = ("/accounts/provider/", "/accounts/network/")
_ALLOWED_NAMES: Final = ("account_logout", "session_clock")
_FACTORS: Final = ("/accounts/2fa/", "/accounts/reauthenticate/")


class BoundSessionMiddleware:
    """Right before TenantMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._allowed = (*_ALLOWED, *(reverse(name) for name in _ALLOWED_NAMES))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or say how one gets there."""
        user, bound = request.user, bound_tenant(request.session)
        if bound is None or not isinstance(user, User) or self._is_open(request.path_info, user, bound):
            return self.get_response(request)
        refuse(request)
        return render(request, "account/provider_bound.html", status=403)

    def _is_open(self, path: str, user: User, bound: int) -> bool:
        if user.is_operator:
            return path.startswith(self._allowed)
        if not path.startswith(_ACCOUNT) or path.startswith(self._allowed):
            return True
        return path.startswith(_FACTORS) and all(ref.tenant_id == bound for ref in memberships_of(user))
