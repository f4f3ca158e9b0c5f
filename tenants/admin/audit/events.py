"""The audit trail, to be read. Reading it is an event of the trail itself."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.models import AuditEvent
from security.permissions import Grant, Permission, has
from tenants.admin.audit.forms import OUTCOMES, FilterForm, SaveForm
from tenants.admin.base import TenantAdmin, require_grant
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.services.audit.saved import saved_filters
from tenants.services.audit.searching import people, search_trail
from tenants.services.audit.trail import read_trail
from tenants.services.hours import organisation_zone

PARTS: Final = ("csv", "ocsf", "cef")
"""Forms in which a part of the trail is exported; only the whole can be verified."""


def filter_form(request: HttpRequest, grant: Grant) -> FilterForm:
    """The filter that the address holds."""
    return FilterForm(request.GET, people=people(grant=grant), zone=organisation_zone())


def parse_number(text: str) -> int | None:
    """A number of an event, or None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else None


@admin.register(AuditEvent, site=site)
class AuditAdmin(TenantAdmin):
    """Events by their numbers in the organisation's own chain. The list is our own page: Django's counts rows and skips over them."""

    section = Section.AUDIT
    about = _("Who did what, when, from where and to what extent. That you read it is in it, too.")
    key_field = "seq"
    key_converter = "slug"
    rights: ClassVar = {"view": Permission.AUDIT_READ}

    def menu_name(self) -> str | Promise:
        return _("Audit trail")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """What the filter in the address lets through, newest first; `before` says where a later page begins."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        grant = require_grant(request)
        form = filter_form(request, grant)
        context = {
            **self.admin_site.each_context(request),
            "title": self.menu_name(),
            "opts": self.opts,
            "form": form,
            "saved": saved_filters(grant=grant),
            "zone": form.zone,
        }
        if form.is_valid():
            before = parse_number(request.GET.get("before", ""))
            context |= {
                "page": search_trail(grant=grant, wanted=form.wanted(), before=before),
                "query": form.query(),
                "is_first": before is None,
                "outcomes": OUTCOMES,
                "save": SaveForm(label_suffix=""),
                "may_export": has(grant, Permission.AUDIT_EXPORT),
                "forms": PARTS,
            }
        return TemplateResponse(request, "admin/audit/list.html", context)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One event with all that it says."""
        if object_id is None or request.method == "POST":
            raise PermissionDenied
        event = self.get_object(request, object_id)
        if not self.has_view_permission(request, event):
            raise PermissionDenied
        (line,) = read_trail(grant=require_grant(request), events=[event], event=event.seq)
        context = {
            **self.admin_site.each_context(request),
            "title": line.told,
            "opts": self.opts,
            "original": f"#{event.seq}",
            "line": line,
            "outcome": OUTCOMES[event.outcome],
        }
        return TemplateResponse(request, "admin/audit_event.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Events have none: they never change."""
        raise PermissionDenied
