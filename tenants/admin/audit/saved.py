"""Filters that a member keeps: a name for the filter that the trail's page shows, and forgetting it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from security.errors import Conflict
from security.permissions import Permission
from tenants.admin.audit.events import filter_form
from tenants.admin.audit.forms import SaveForm
from tenants.admin.base import require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of
from tenants.services.audit.saved import remove_filter, save_filter

LIST = "admin:security_auditevent_changelist"


def save(request: HttpRequest) -> HttpResponse:
    """Keep the filter that the address holds; by POST."""
    grant = require_grant(request)
    asked, named = filter_form(request, grant), SaveForm(request.POST)
    if request.method != "POST" or not asked.is_valid():
        return HttpResponseRedirect(reverse(LIST))
    if not named.is_valid():
        messages.error(request, _("Enter a name of up to 60 characters for the filter."))
    elif not asked.kept():
        messages.error(request, _("An address is not kept, and nothing else is set. Choose something else as well."))
    else:
        try:
            save_filter(grant=grant, name=str(named.cleaned_data["name"]), query=asked.kept())
            messages.success(request, _("The filter is kept. You find it above the list."))
        except Conflict as refused:
            messages.error(request, sentence_for(refused))
    return HttpResponseRedirect(f"{reverse(LIST)}?{asked.query()}")


def remove(request: HttpRequest, saved: UUID) -> HttpResponse:
    """Forget a filter; asked for otherwise than by POST it leads to the list."""
    if request.method == "POST":
        remove_filter(grant=require_grant(request), saved=saved)
        messages.success(request, _("The filter was removed."))
    return HttpResponseRedirect(reverse(LIST))


for _path, _name, _view in (
    ("audit/filters/save/", "audit_filter_save", save),
    ("audit/filters/<uuid:saved>/remove/", "audit_filter_remove", remove),
):
    site.add_page(AdminPage(_path, _name, _view, Section.AUDIT, holder_of(Permission.AUDIT_READ)))
