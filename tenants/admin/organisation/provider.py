"""The page of an organisation's own identity provider: entered, tried, stored, removed."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from security.accounts.limits import is_within
from security.errors import Invalid, NotFound
from security.forms import spells_no_secret
from tenants.admin.base import require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of
from tenants.interlude import Interlude, outcome_of
from tenants.models import IdentityProvider, ProviderKind
from tenants.services.sign_in.certificates import standing_of
from tenants.services.sign_in.domains import RIGHT, read_domains
from tenants.services.sign_in.provider import (
    Given,
    Tried,
    begin_trial,
    carry_out,
    is_only_way,
    joinable_roles,
    note_trial,
    read_provider,
    redirect_uri_of,
    remove_provider,
    save_provider,
    service_of,
)

PAGE: Final = "admin:security_provider"
_FIELD_OF: Final = {
    "provider_client": "client_id",
    "provider_secret": "secret",
    "provider_single_factor": "second_factor_words",
    "provider_only": "is_only",
    "provider_only_off": "is_only",
    "role": "joining_role",
}
_OF_NONE: Final = frozenset({"server_too_often"})
"""Anything else is about what was asked, by its address or its document."""


class ProviderForm(forms.Form):
    """Both kinds at once; what belongs to the other kind is left empty."""

    kind = forms.ChoiceField(label=gettext_lazy("What it speaks"), choices=ProviderKind.choices)
    issuer = forms.CharField(
        label=gettext_lazy("OpenID Connect: issuer"),
        required=False,
        max_length=1_000,
        validators=[spells_no_secret],
        help_text=gettext_lazy(
            "As the provider writes it, such as https://login.example.com; a slash at the end counts."
        ),
    )
    client_id = forms.CharField(
        label=gettext_lazy("OpenID Connect: client id"), required=False, max_length=255, validators=[spells_no_secret]
    )
    secret = forms.CharField(
        label=gettext_lazy("OpenID Connect: client secret"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Stored sealed and never shown again. Empty: the stored one stays."),
    )
    metadata_url = forms.CharField(
        label=gettext_lazy("SAML: address of the metadata"),
        required=False,
        max_length=2_000,
        validators=[spells_no_secret],
    )
    metadata = forms.CharField(
        label=gettext_lazy("SAML: or the metadata itself"),
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    second_factor_words = forms.CharField(
        label=gettext_lazy("What the provider says when it asked for a second factor"),
        required=False,
        max_length=1_000,
        validators=[spells_no_secret],
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Values of amr, acr or the authentication context, one a line, such as mfa. Empty: our own second factor is asked for."
        ),
    )
    joining_role = forms.ChoiceField(
        label=gettext_lazy("Who is no member yet"),
        required=False,
        help_text=gettext_lazy("Whom the provider vouches for may join as this role, as far as the plan has places."),
    )
    is_on = forms.BooleanField(label=gettext_lazy("The provider signs people in"), required=False)
    is_only = forms.BooleanField(
        label=gettext_lazy("Members with an address in your domains sign in by the provider alone"),
        required=False,
        help_text=gettext_lazy(
            "Their passwords open nothing here. Owners with a second factor keep theirs, for when the provider breaks."
        ),
    )

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["joining_role"].choices = [("", _("is not let in")), *roles]  # type: ignore[attr-defined]

    def given(self) -> Given:
        """As the service takes it."""
        data = self.cleaned_data
        words = tuple(line.strip()[:200] for line in data["second_factor_words"].splitlines() if line.strip())
        return Given(
            kind=ProviderKind(data["kind"]),
            issuer=data["issuer"],
            client_id=data["client_id"] if data["kind"] == ProviderKind.OPENID else "",
            secret=data["secret"],
            metadata=data["metadata"],
            metadata_url=data["metadata_url"],
            second_factor_words=words[:10],
            joining_role=data["joining_role"],
            is_on=data["is_on"],
            is_only=data["is_only"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
def provider(request: HttpRequest) -> HttpResponse:
    """Nothing is stored that did not answer."""
    grant = require_grant(request)
    stored = read_provider(grant=grant)
    roles = [(role.slug, role.name) for role in joinable_roles(grant=grant)]
    form = ProviderForm(
        request.POST if request.method == "POST" else None,
        roles=roles,
        initial=_initial(stored, is_only=is_only_way(grant=grant)),
    )
    if request.method == "POST" and form.is_valid():
        try:
            tried = outcome_of(request)
            if not isinstance(tried, Tried):
                return _tried(request, form)
            return _noted(request, tried, form, stored)
        except Invalid as refused:
            form.add_error(_field_of(refused.code, form), sentence_for(refused))
    if request.POST.get("secret") and "secret" not in form.errors:
        form.add_error("secret", _("Type the secret again: no page shows what was typed here."))
    return _page(request, form, stored)


def _page(request: HttpRequest, form: ProviderForm, stored: IdentityProvider | None) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": _("Identity provider"),
        "form": form,
        "stored": stored,
        "own_domains": read_domains(grant=require_grant(request)),
    }
    if stored is not None:
        us = service_of(stored.public_id)
        context |= {"redirect_uri": redirect_uri_of(stored.public_id), "entity_id": us.entity_id, "acs": us.answers_at}
        context["standing"] = standing_of(stored, timezone.now())
    return TemplateResponse(request, "admin/security/provider.html", context)


def _field_of(code: str, form: ProviderForm) -> str | None:
    """Where what was refused is to be corrected; None for none of the fields."""
    if code in _FIELD_OF or code in _OF_NONE:
        return _FIELD_OF.get(code)
    given = form.cleaned_data
    if given["kind"] == ProviderKind.OPENID:
        return "issuer"
    return "metadata_url" if given["metadata_url"] else "metadata"


def _tried(request: HttpRequest, form: ProviderForm) -> Interlude:
    """Then this page is asked once more."""
    grant = require_grant(request)
    given = begin_trial(grant=grant, given=form.given())
    if not is_within(request, "server_trial", key=str(grant.tenant_id)):
        raise Invalid("server_too_often")
    return Interlude(partial(carry_out, given, now=timezone.now()), noted=_note)


def _note(tried: object) -> None:
    if isinstance(tried, Tried):
        note_trial(tried)


def _noted(request: HttpRequest, tried: Tried, form: ProviderForm, stored: IdentityProvider | None) -> HttpResponse:
    grant = require_grant(request)
    if tried.code:
        raise Invalid(tried.code)
    if "save" in request.POST:
        save_provider(grant=grant, tried=tried, now=timezone.now())
        messages.success(request, _("It answers, and is saved. Sessions that it had opened have ended."))
        return HttpResponseRedirect(reverse(PAGE))
    messages.success(request, _("It answers. Nothing is saved yet: type the secret again, if it has one, and save."))
    return _page(request, form, stored)


def remove(request: HttpRequest) -> HttpResponse:
    """By POST."""
    if request.method == "POST":
        try:
            remove_provider(grant=require_grant(request))
            messages.success(request, _("Removed. Members sign in by password."))
        except NotFound:
            messages.error(request, _("It was removed already."))
    return HttpResponseRedirect(reverse(PAGE))


def _initial(stored: IdentityProvider | None, *, is_only: bool) -> dict[str, Any]:
    if stored is None:
        return {"kind": ProviderKind.OPENID, "is_on": True}
    is_openid = stored.kind == ProviderKind.OPENID
    return {
        "kind": stored.kind,
        "issuer": stored.issuer if is_openid else "",
        "client_id": stored.client_id,
        "second_factor_words": "\n".join(stored.second_factor_words),
        "joining_role": "" if stored.joining_role is None else stored.joining_role.slug,
        "is_on": stored.is_on,
        "is_only": is_only,
    }


_ABOUT: Final = gettext_lazy("Members sign in with the accounts that they have with you.")
for _path, _name, _view, _label in (
    ("security/provider/", "security_provider", provider, gettext_lazy("Identity provider")),
    ("security/provider/remove/", "security_provider_remove", remove, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.SECURITY, holder_of(RIGHT), _label, _ABOUT if _label else ""))
