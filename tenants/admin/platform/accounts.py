"""Operators' page of accounts: one is found by its exact address, locked and unlocked. There is no list of people."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from security.forms import spells_no_secret
from tenants.admin.platform.operators import is_operator, operator_of
from tenants.admin.platform.reasons import Move, ask_why
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.services.platform import accounts as services


class AddressForm(forms.Form):
    """Whose account."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254, validators=[spells_no_secret])


@require_http_methods(["GET", "HEAD", "POST"])
def accounts(request: HttpRequest) -> HttpResponse:
    """Find an account by its address, sent by POST: no address stands in a browser's history."""
    operator = operator_of(request)
    form = AddressForm(request.POST or None, label_suffix="")
    found, is_asked = None, request.method == "POST" and form.is_valid()
    if is_asked:
        found = services.find_account(operator=operator, email=form.cleaned_data["email"])
    context = {
        **site.each_context(request),
        "title": _("Accounts"),
        "form": form,
        "found": found,
        "is_missing": is_asked and found is None,
    }
    return TemplateResponse(request, "admin/platform/accounts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def lock(request: HttpRequest, person: UUID) -> HttpResponse:
    """Asks why, then keeps the person out of everything."""
    operator = operator_of(request)
    found = services.access_account(operator=operator, person=person)
    return ask_why(
        request,
        Move(
            title=_("Lock the account"),
            template="admin/platform/account_move.html",
            context={"person": found, "is_locking": True},
            act=lambda why: services.lock_account(operator=operator, person=person, reason=why, now=timezone.now()),
            done=_("The account is locked. What was open with it has ended."),
            back=reverse("admin:platform_accounts"),
            help_text=str(_PLATFORMS),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest, person: UUID) -> HttpResponse:
    """Asks why, then lets the person sign in again."""
    operator = operator_of(request)
    found = services.access_account(operator=operator, person=person)
    return ask_why(
        request,
        Move(
            title=_("Unlock the account"),
            template="admin/platform/account_move.html",
            context={"person": found, "is_locking": False},
            act=lambda why: services.unlock_account(operator=operator, person=person, reason=why),
            done=_("The account is unlocked. The person signs in anew."),
            back=reverse("admin:platform_accounts"),
            help_text=str(_PLATFORMS),
        ),
    )


_PLATFORMS = gettext_lazy("At least 10 characters. It stands in the platform's audit trail.")
_ABOUT = gettext_lazy("Lock a person out of everything, or let them in again.")

for _path, _name, _view, _label in (
    ("platform/accounts/", "platform_accounts", accounts, gettext_lazy("Accounts")),
    ("platform/accounts/<uuid:person>/lock/", "platform_account_lock", lock, ""),
    ("platform/accounts/<uuid:person>/unlock/", "platform_account_unlock", unlock, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.PLATFORM, is_operator, _label, _ABOUT if _label else ""))
