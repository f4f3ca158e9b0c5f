"""The audit trail, to be read. Reading it is an event of the trail itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from security.audit import Outcome
from security.models import AuditEvent
from security.permissions import Permission
from tenants.admin.base import TenantAdmin, require_grant
from tenants.admin.filters import SinceFilter, WordFilter
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.services.audit.trail import read_trail

_OUTCOMES: dict[str, str | Promise] = {
    Outcome.OK.value: _("Done"),
    Outcome.DENIED.value: _("Denied"),
    Outcome.FAILED.value: _("Failed"),
}


class _OutcomeFilter(WordFilter):
    title = _("outcome")
    parameter_name = "outcome"
    field = "outcome"
    words = tuple(_OUTCOMES.items())


class _AtFilter(SinceFilter):
    title = _("time")
    parameter_name = "since"
    field = "at"


@admin.register(AuditEvent, site=site)
class AuditAdmin(TenantAdmin):
    """Events by their numbers in the organisation's own chain."""

    section = Section.AUDIT
    about = _("Who did what, when, from where and to what extent. That you read it is in it, too.")
    key_field = "seq"
    key_converter = "slug"
    rights: ClassVar = {"view": Permission.AUDIT_READ}
    list_display = ("time", "actor", "sentence", "on_what", "extent", "result")
    list_display_links = ("time",)
    list_filter = (_OutcomeFilter, _AtFilter)
    sortable_by = ()
    ordering = ("-seq",)

    def menu_name(self) -> str | Promise:
        return _("Audit trail")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("details")

    def enrich(self, request: HttpRequest, rows: list[Any]) -> None:
        for row, line in zip(rows, read_trail(grant=require_grant(request), events=rows), strict=True):
            row.line = line

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
            "title": line.sentence,
            "opts": self.opts,
            "original": f"#{event.seq}",
            "line": line,
            "outcome": _OUTCOMES[event.outcome],
        }
        return TemplateResponse(request, "admin/audit_event.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Events have none: they never change."""
        raise PermissionDenied

    @admin.display(description=_("Time"))
    def time(self, event: Any) -> datetime:
        return event.at  # type: ignore[no-any-return]

    @admin.display(description=_("Who"))
    def actor(self, event: Any) -> str:
        return str(event.line.actor or event.line.role)

    @admin.display(description=_("What"))
    def sentence(self, event: Any) -> str:
        return str(event.line.sentence)

    @admin.display(description=_("On what"), empty_value="")
    def on_what(self, event: Any) -> str:
        return str(event.line.on_what)

    @admin.display(description=_("Extent"), empty_value="")
    def extent(self, event: Any) -> str:
        return str(event.line.extent)

    @admin.display(description=_("Outcome"))
    def result(self, event: Any) -> str:
        return format_html('<span class="outcome outcome-{}">{}</span>', event.outcome, _OUTCOMES[event.outcome])
