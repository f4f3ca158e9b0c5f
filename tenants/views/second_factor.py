"""Giving up lost second factors, by a link from a mail and the password."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from security.accounts.sign_in import check_password
from security.errors import Conflict, Denied, Invalid, NotFound
from tenants.forms import PasswordForm
from tenants.services.people import second_factor
from tenants.views.public import SeeOther


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_reset(request: HttpRequest, token: str) -> HttpResponse:
    """Asks for the password, then takes the factors away."""
    try:
        person = second_factor.person_of(token)
    except NotFound:
        return render(request, "registration/second_factor_gone.html", status=404)
    except Conflict:
        return render(request, "registration/second_factor_elsewhere.html", status=409)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = check_password(request, email=person.email, password=form.cleaned_data["password"])
            second_factor.reset(token=token, user=user)
        except (Invalid, Denied):
            form.add_error("password", _("This is not your password."))
        else:
            messages.success(request, _("Your second factors were removed. Sign in, and set up a new one."))
            return SeeOther(reverse("account_login"))
    return render(request, "registration/second_factor_reset.html", {"form": form, "path": request.path})
