"""Signing a person in from pages of ours, through the same stages, limits and signals as allauth's own page."""

from __future__ import annotations

from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.account.models import Login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from security.accounts import provided
from security.accounts.allauth_internal import perform_login, record_authentication
from security.errors import Denied, Invalid
from security.models import User


def check_password(request: HttpRequest, *, email: str, password: str) -> User:
    """The person with this address and password. Invalid("password") for a wrong one, Denied for a locked-out or closed account."""
    try:
        user = get_adapter().authenticate(request, email=email, password=password)
    except ValidationError:
        raise Denied("locked_out") from None
    if not isinstance(user, User):
        raise Invalid("password")
    if not user.is_active:
        raise Denied("inactive")
    return user


def sign_in(request: HttpRequest, user: User, *, to: str) -> HttpResponse:
    """Sign in whoever has just proven who he is, and lead on to the path `to`; a second factor is asked for on the way."""
    provided.begin_anew(request)
    record_authentication(request, user, method="password", email=user.email)
    response: HttpResponse = perform_login(request, Login(user=user, email=user.email, redirect_url=to))
    return response


def sign_in_provided(
    request: HttpRequest,
    user: User,
    *,
    tenant_id: int,
    version: str,
    has_shown_factor: bool,
    shown_at: datetime | None,
    to: str,
) -> HttpResponse:
    """Sign in whom an organisation's provider vouches for, into that organisation alone; a second factor is asked for unless it was shown there.

    `version` is the provider as it was asked; `shown_at` is when he showed it who he is.
    """
    if request.user.is_authenticated:
        get_adapter().logout(request)
    provided.bind(request, tenant_id, version=version, has_shown_factor=has_shown_factor, shown_at=shown_at)
    record_authentication(request, user, method="provider")
    response: HttpResponse = perform_login(request, Login(user=user, email=user.email, redirect_url=to))
    return response
