"""Words that conversations are sorted by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat.models import Tag
from security.audit import Action
from security.forms import MaskedCharField
from security.permissions import Permission
from tenants.admin.base import TenantAdmin
from tenants.admin.forms import TenantModelForm
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.policies import masked_for_members


class TagForm(TenantModelForm):
    """One word or a few."""

    name = MaskedCharField(label=_("Name"), max_length=40, masker=masked_for_members)

    class Meta(TenantModelForm.Meta):
        model = Tag
        fields = ("name",)


@admin.register(Tag, site=site)
class TagAdmin(TenantAdmin):
    """Deleting a tag takes it off its conversations."""

    section = Section.CHAT
    add_title = _("Add a tag")
    about = _("Words that conversations are sorted by. Agents add new ones while they work.")
    nothing = _("No tags yet.")
    rights: ClassVar = dict.fromkeys(("view", "add", "change", "delete"), Permission.CONFIGURATION_TAGS)
    created, changed, deleted = Action.TAG_CREATED, Action.TAG_CHANGED, Action.TAG_DELETED
    form = TagForm
    fields = ("name",)
    list_display = ("name", "used")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(times_used=Count("tagged"))
        return rows

    @admin.display(description=_("Conversations"), ordering="times_used")
    def used(self, tag: Any) -> int:
        return int(tag.times_used)
