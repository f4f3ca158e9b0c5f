"""Words that conversations are sorted by."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.models import Tag
from chat.services.tags import merge_tags
from security.audit import Action
from security.forms import MaskedCharField
from security.permissions import Permission
from security.scoping import TenantQuerySet
from tenants.admin.acts import PageOfAct
from tenants.admin.base import TenantAdmin, require_grant
from tenants.admin.fields import PublicChoiceField
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


class MergeForm(forms.Form):
    """Which tag stays."""

    into = PublicChoiceField(
        label=_("The tag that stays"), queryset=TenantQuerySet(Tag).order_by("name"), empty_label=_("Choose a tag")
    )

    def __init__(self, *args: Any, tag: Tag, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        others: Any = TenantQuerySet(Tag).exclude(pk=tag.pk).order_by("name")
        self.fields["into"].queryset = others  # type: ignore[attr-defined]


_MERGE = PageOfAct("merge", _("Merge into another"))


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

    def get_urls(self) -> list[URLPattern]:
        merge = path(
            f"<{self.key_converter}:object_id>/merge/",
            self.admin_site.admin_view(self.merge_view),
            name="chat_tag_merge",
        )
        return [merge, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().render_change_form(request, context, *args, **kwargs)
        original = context.get("original")
        if original is not None and self.has_change_permission(request, original):
            answer.context_data["acts"] = [(_MERGE, self.url_of(original, _MERGE.name))]
        return answer

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks which tag stays, then merges."""
        tag, grant = self.get_object(request, unquote(object_id)), require_grant(request)
        if not self.has_change_permission(request, tag):
            raise PermissionDenied
        form = MergeForm(request.POST if request.method == "POST" else None, tag=tag)
        if request.method == "POST" and form.is_valid():
            kept = merge_tags(grant=grant, tag=tag.public_id, into=form.cleaned_data["into"].public_id)
            said = gettext("“%(merged)s” was merged into “%(kept)s”.") % {"merged": tag.name, "kept": kept.name}
            messages.success(request, said)
            return HttpResponseRedirect(self.url_of(kept))
        context = {
            **self.admin_site.each_context(request),
            "title": _MERGE.label,
            "opts": self.opts,
            "original": tag,
            "object_key": self.public_key(tag),
            "back": self.url_of(tag),
            "form": form,
        }
        return TemplateResponse(request, "admin/chat/tag/merge.html", context)

    @admin.display(description=_("Conversations"), ordering="times_used")
    def used(self, tag: Any) -> int:
        return int(tag.times_used)
