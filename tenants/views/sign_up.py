"""Signing up. Danger: an answer that differs tells strangers who has an account. Proof: tests/tenants/test_sign_up.py."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from security.accounts.limits import is_within
from security.accounts.lockout import name_digest
from security.accounts.sign_in import sign_in
from tenants import services
from tenants.forms import SignUpForm
from tenants.views.public import SeeOther, too_many


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """The form; a valid one leads to the same page whoever the address belongs to. In demo mode a new person is let in at once."""
    form = SignUpForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "registration/sign_up.html", {"form": form})
    if not is_within(request, "signup"):
        return too_many(request, "signup")
    if is_within(request, "signup_mail", key=name_digest(form.cleaned_data["email"])):
        founded = services.sign_up(**form.cleaned_data, is_confirmed=settings.DEMO)
        if founded.may_enter:
            response = sign_in(request, founded.owner, to=reverse("get_started"))
            return SeeOther(response.headers["Location"])
    return SeeOther(reverse("sign_up_sent"))


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Look into your mailbox."""
    return render(request, "registration/sent.html", {"is_on_console": settings.DEBUG})
