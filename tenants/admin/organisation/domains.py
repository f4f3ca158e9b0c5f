"""The page of an organisation's mail domains: named, proven by a record, given up."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

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
from security.errors import Conflict, Invalid
from security.forms import spells_no_secret
from tenants.admin.base import require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of
from tenants.interlude import Interlude, outcome_of
from tenants.services.sign_in.domains import (
    RIGHT,
    Seen,
    begin_check,
    claim_domain,
    look,
    note_check,
    read_domains,
    remove_domain,
)

PAGE: Final = "admin:security_domains"


class DomainForm(forms.Form):
    """One more."""

    domain = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        validators=[spells_no_secret],
        help_text=gettext_lazy("What stands after the @ in your members' addresses, such as example.com."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def domains(request: HttpRequest) -> HttpResponse:
    """Lists them, and takes another one."""
    grant = require_grant(request)
    form = DomainForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            claim_domain(grant=grant, domain=form.cleaned_data["domain"])
            messages.success(request, _("Named. Publish its record, then check it."))
            return HttpResponseRedirect(reverse(PAGE))
        except (Conflict, Invalid) as refused:
            form.add_error("domain", sentence_for(refused))
    context = {
        **site.each_context(request),
        "title": _("Mail domains"),
        "form": form,
        "domains": read_domains(grant=grant),
    }
    return TemplateResponse(request, "admin/security/domains.html", context)


def check(request: HttpRequest, domain: UUID) -> HttpResponse:
    """By POST: asks the name servers, without a transaction meanwhile."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse(PAGE))
    grant, seen = require_grant(request), outcome_of(request)
    if not isinstance(seen, Seen):
        asked = begin_check(grant=grant, domain=domain)
        if not is_within(request, "server_trial", key=str(grant.tenant_id)):
            messages.error(request, sentence_for(Invalid("server_too_often")))
            return HttpResponseRedirect(reverse(PAGE))
        return Interlude(partial(look, asked))
    code = note_check(grant=grant, seen=seen, now=timezone.now())
    if code:
        messages.error(request, sentence_for(Invalid(code)))
    else:
        messages.success(request, _("Proven: %(domain)s is yours.") % {"domain": seen.asked.domain})
    return HttpResponseRedirect(reverse(PAGE))


def remove(request: HttpRequest, domain: UUID) -> HttpResponse:
    """By POST: gives one up."""
    if request.method == "POST":
        remove_domain(grant=require_grant(request), domain=domain)
        messages.success(request, _("Given up."))
    return HttpResponseRedirect(reverse(PAGE))


_ABOUT: Final = gettext_lazy("Which mail domains are yours, so that your identity provider may sign in their people.")
for _path, _name, _view, _label in (
    ("security/domains/", "security_domains", domains, gettext_lazy("Mail domains")),
    ("security/domains/<uuid:domain>/check/", "security_domain_check", check, ""),
    ("security/domains/<uuid:domain>/remove/", "security_domain_remove", remove, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.SECURITY, holder_of(RIGHT), _label, _ABOUT))
