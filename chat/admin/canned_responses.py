"""Prepared replies. They are sent to visitors, so they pass masking like anything that is typed."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.models import CannedResponse
from security.audit import Action
from security.forms import MaskedCharField
from security.permissions import Permission
from tenants.admin.base import TenantAdmin
from tenants.admin.filters import RecordFilter
from tenants.admin.forms import TenantModelForm
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.models import Department
from tenants.policies import masked_for_members


class CannedResponseForm(TenantModelForm):
    """Title and text as they would be sent."""

    title = MaskedCharField(label=_("Title"), max_length=120, masker=masked_for_members)
    body = MaskedCharField(
        label=_("Text"),
        max_length=8_000,
        masker=masked_for_members,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "Write what differs each time as {{order number}}: agents are led from one gap to the next, and none is sent."
        ),
    )

    class Meta(TenantModelForm.Meta):
        model = CannedResponse
        fields = ("shortcut", "title", "body", "department")
        help_texts: ClassVar = {
            "shortcut": _("What agents type after / to find it."),
        }


class _DepartmentFilter(RecordFilter):
    title = _("department")
    parameter_name = "department"
    field = "department"
    model = Department


@admin.register(CannedResponse, site=site)
class CannedResponseAdmin(TenantAdmin):
    """For everybody or for one department."""

    section = Section.CHAT
    add_title = _("Add a canned response")
    about = _("Prepared replies, for everybody or for one department.")
    nothing = _("No canned responses yet. Write down what is answered again and again.")
    rights: ClassVar = dict.fromkeys(("view", "add", "change", "delete"), Permission.CONFIGURATION_CANNED_RESPONSES)
    created = Action.CANNED_RESPONSE_CREATED
    changed = Action.CANNED_RESPONSE_CHANGED
    deleted = Action.CANNED_RESPONSE_DELETED
    form = CannedResponseForm
    fields = ("shortcut", "title", "body", "department")
    list_display = ("shortcut", "title", "department")
    list_select_related = ("department",)
    list_filter = (_DepartmentFilter,)
    search_fields = ("shortcut", "title", "body")
    ordering = ("shortcut",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The organisation's: what members keep for themselves is nobody else's."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(owner=None)
        return rows

    def menu_name(self) -> str | Promise:
        return _("Canned responses")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, empty_label=_("Everybody"), **kwargs)
