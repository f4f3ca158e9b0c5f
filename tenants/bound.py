"""What a session that a provider opened does not reach besides other organisations: the person's account.

Danger: whoever runs a provider changes the password or the factors of a person whom he signed in, and comes back by them where the provider does
not lead. Rule: such a session opens no page of the account but those of signing out and of its own provider; a second factor is set up in it only by
who belongs nowhere else, not even suspended, and in no such session is one taken away or a recovery code shown; operators are nobody's to sign in;
and a sign-in that waited for a second factor is none if the provider, or whose the domain is, was changed meanwhile.
Proof: tests/tenants/sign_in/test_arriving.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from security.accounts.provided import bound_tenant, bound_version
from security.audit import Action, record_denied
from security.failures import refuse
from security.models import User
from security.scoping import user_scope
from tenants.models import Membership
from tenants.provider_words import said
from tenants.services.sign_in.provider import is_still_vouched_for

_ACCOUNT: Final = "/accounts/"
_ALLOWED: Final = ("/accounts/provider/", "/accounts/network/")
_ALLOWED_NAMES: Final = ("account_logout", "session_clock")
_FACTOR_NAMES: Final = (
    "mfa_index",
    "mfa_activate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_reauthenticate",
    "account_reauthenticate",
)
"""What sets a factor up. None that takes one away: whoever may have been let in elsewhere meanwhile would be there without."""
_CODES: Final = "mfa_view_recovery_codes"
"""Where one is led once the first factor is set up."""


class BoundSessionMiddleware:
    """Right before TenantMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._allowed = (*_ALLOWED, *(reverse(name) for name in _ALLOWED_NAMES))
        self._factors = frozenset(reverse(name) for name in _FACTOR_NAMES)
        self._codes = reverse(_CODES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or say how one gets there."""
        user, bound = request.user, bound_tenant(request.session)
        if bound is None or not isinstance(user, User) or self._is_open(request.path_info, user, bound):
            return self._answered(request)
        if request.path_info == self._codes and self._is_open(reverse("mfa_index"), user, bound):
            return redirect("mfa_index")  # the factor is set up; its codes are shown to who signs in with the password
        refuse(request)
        return render(request, "account/provider_bound.html", status=403)

    def _answered(self, request: HttpRequest) -> HttpResponseBase:
        before = request.session.session_key
        response = self.get_response(request)
        user, bound = request.user, bound_tenant(request.session)
        if bound is None or not isinstance(user, User) or request.session.session_key == before:
            return response
        if is_still_vouched_for(bound, bound_version(request.session), user.email):
            return response
        logout(request)
        record_denied(Action.SESSION_PROVIDER_REFUSED, tenant_id=bound, reason="provider_changed")
        refuse(request)
        return render(request, "account/provider_refused.html", {"sentence": said("provider_changed")}, status=403)

    def _is_open(self, path: str, user: User, bound: int) -> bool:
        if user.is_operator:
            return path.startswith(self._allowed)
        if not path.startswith(_ACCOUNT) or path.startswith(self._allowed):
            return True
        return path in self._factors and _belongs_nowhere_else(user, bound)


def _belongs_nowhere_else(user: User, bound: int) -> bool:
    """Not even suspended, or to an organisation that is: both may end while the session lasts."""
    with user_scope(user.pk):
        return not Membership.objects.filter(user=user).exclude(tenant_id=bound).exists()
