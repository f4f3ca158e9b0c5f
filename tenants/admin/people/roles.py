"""Roles: the built-in ones to look at, the organisation's own to make, change and remove."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from security.errors import Conflict, Invalid
from security.permissions import Grant, Permission, has
from security.scoping import TenantQuerySet
from tenants.access import role_permissions
from tenants.admin.acts import Act, Done
from tenants.admin.base import TenantAdmin, require_grant
from tenants.admin.fields import PublicChoiceField
from tenants.admin.forms import TenantModelForm
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.forms import no_link
from tenants.models import Role
from tenants.permissions import TIERS, Entry, entries_of, unmet
from tenants.services.people.members import assignable_roles, holds
from tenants.services.rights import roles as services


class _Rights(forms.MultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def __init__(self, tier: str) -> None:
        super().__init__(label=TIERS[tier], required=False)  # type: ignore[arg-type]  # any promise of gettext's will do


class RoleForm(TenantModelForm):
    """A name and, tier by tier, the rights of the table that the one who asks holds himself."""

    grant: ClassVar[Grant | None] = None

    chat, configuration = _Rights("chat"), _Rights("configuration")
    reports, audit = _Rights("reports"), _Rights("audit")

    class Meta(TenantModelForm.Meta):
        model = Role
        fields = ("name", "description")
        help_texts: ClassVar = {"description": _("For your colleagues: who should have it, and what for.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = role_permissions(self.instance) if self.instance.pk else self.initial.get("permissions", frozenset())
        for tier in TIERS:
            if tier in self.fields and self.grant is not None:
                offered = [entry for entry in entries_of(tier) if has(self.grant, entry.permission)]
                self.fields[tier].choices = [(entry.permission.value, _choice(entry)) for entry in offered]  # type: ignore[attr-defined]
                self.initial[tier] = [entry.permission.value for entry in offered if entry.permission in held]
        if "name" in self.fields:
            self.fields["name"].validators.append(no_link)

    def clean(self) -> dict[str, Any] | None:
        """A right that needs another one is said beside both."""
        data = super().clean()
        for entry, needed in unmet(self.permissions()):
            words = {"name": entry.name, "needed": needed.name}
            self.add_error(
                entry.permission.tier,
                gettext("“%(name)s” needs “%(needed)s”: choose that too, or leave this one out.") % words,
            )
        return data

    def permissions(self) -> frozenset[Permission]:
        """What was ticked."""
        chosen = [name for tier in TIERS for name in self.cleaned_data.get(tier) or ()]
        return frozenset(Permission(name) for name in chosen)


class RemovalForm(forms.Form):
    """Where those go who have the role."""

    to = PublicChoiceField(
        label=_("Whoever has it gets"), queryset=TenantQuerySet(Role).order_by("pk"), empty_label=_("Choose a role")
    )

    def __init__(self, *args: Any, grant: Grant, role: Role, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        pks = [found.pk for found in assignable_roles(grant) if found.pk != role.pk]
        self.fields["to"].queryset = TenantQuerySet(Role).filter(pk__in=pks).order_by("pk")  # type: ignore[attr-defined]
        self.fields["to"].required = bool(role.members_here or role.further_here)  # type: ignore[attr-defined]


_REMOVE = Act("remove", _("Remove"), "", lambda grant, role: Done(""), is_danger=True)


@admin.register(Role, site=site)
class RoleAdmin(TenantAdmin):
    """What a role gives is said by the one table of permissions; the built-in ones follow it and are only looked at."""

    section = Section.PEOPLE
    add_title = _("Make a role")
    about = _("What members may do. The built-in roles stay as they are; make your own where none of them fits.")
    rights: ClassVar = dict.fromkeys(("view", "add", "change"), Permission.CONFIGURATION_ROLES)
    form = RoleForm
    readonly_fields = ("kind", "gives")
    list_display = ("name", "description", "kind", "members", "on_departments_here", "second_factor")
    search_fields = ("name", "description")
    ordering = ("-is_builtin", "pk")

    def menu_name(self) -> str | Promise:
        return _("Roles")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                members_here=Count("memberships", distinct=True), further_here=Count("on_departments", distinct=True)
            )
        )
        return rows

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes a role that holds more than he does."""
        is_allowed = super().has_change_permission(request, obj)
        return is_allowed and (obj is None or (not obj.is_builtin and holds(require_grant(request), obj)))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        about = (None, {"fields": ("name", "description")})
        if obj is not None and not self.has_change_permission(request, obj):
            return (about, (_("What it gives"), {"fields": ("kind", "gives")}))
        return (about, (_("What it gives"), {"fields": tuple(TIERS)}))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.grant = require_grant(request)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the rights of another role."""
        roles: Any = TenantQuerySet(Role)
        known: Role | None = None
        with suppress(ValueError):
            known = roles.filter(public_id=UUID(request.GET.get("from", ""))).first()
        return {} if known is None else {"permissions": role_permissions(known), "description": known.description}

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().render_change_form(request, context, *args, **kwargs)
        original = context.get("original")
        if original is None:
            answer.context_data["about"] = _("A role may hold what you hold yourself.")
            answer.context_data["starts"] = TenantQuerySet(Role).order_by("-is_builtin", "pk")
        elif self.has_change_permission(request, original):
            answer.context_data["acts"] = [(_REMOVE, self.url_of(original, "remove"))]
        return answer

    def get_urls(self) -> list[URLPattern]:
        remove = path(
            "<public_id:object_id>/remove/",
            self.admin_site.admin_view(self.remove_view),
            name="tenants_role_remove",
        )
        return [remove, *super().get_urls()]

    def remove_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask where its members go, and remove it."""
        role, grant = self.get_object(request, unquote(object_id)), require_grant(request)
        if not self.has_change_permission(request, role):
            raise PermissionDenied
        form = RemovalForm(request.POST or None, grant=grant, role=role)
        if request.method == "POST" and form.is_valid():
            to = form.cleaned_data["to"]
            try:
                services.remove_role(grant=grant, role=role.public_id, to=to and to.public_id)
            except (Conflict, Invalid) as refusal:
                form.add_error(None, sentence_for(refusal))
            else:
                messages.success(request, gettext("The role “%(name)s” was removed.") % {"name": role.name})
                return HttpResponseRedirect(reverse("admin:tenants_role_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Remove"),
            "opts": self.opts,
            "original": role,
            "object_key": self.public_key(role),
            "back": self.url_of(role),
            "form": form,
        }
        return TemplateResponse(request, "admin/tenants/role/remove.html", context)

    def create(self, grant: Grant, record: Any, form: Any) -> Any:
        data = form.cleaned_data
        return services.create_role(
            grant=grant, name=data["name"], description=data["description"], permissions=form.permissions()
        )

    def change(self, grant: Grant, record: Any, form: Any) -> None:
        data = form.cleaned_data
        services.edit_role(
            grant=grant,
            role=record.public_id,
            name=data["name"],
            description=data["description"],
            permissions=form.permissions(),
        )

    @admin.display(description=_("Kind"), ordering="is_builtin")
    def kind(self, role: Role) -> str:
        return gettext("Built-in") if role.is_builtin else gettext("Your own")

    @admin.display(description=_("Members"), ordering="members_here")
    def members(self, role: Any) -> int:
        return int(role.members_here)

    @admin.display(description=_("On departments"), ordering="further_here")
    def on_departments_here(self, role: Any) -> int:
        return int(role.further_here)

    @admin.display(description=_("Second factor"))
    def second_factor(self, role: Role) -> str:
        """By the role alone; whether every member needs one stands on the page that sets both."""
        return gettext("asked for") if role.second_factor_since else ""

    @admin.display(description=_("Permissions"))
    def gives(self, role: Role) -> str:
        held = role_permissions(role)
        tiers = [
            (label, [entry for entry in entries_of(tier) if entry.permission in held]) for tier, label in TIERS.items()
        ]
        return format_html_join(
            "",
            '<p class="gives__tier">{}</p><ul class="gives">{}</ul>',
            (
                (label, format_html_join("", "<li>{} – {}</li>", ((entry.name, entry.sentence) for entry in entries)))
                for label, entries in tiers
                if entries
            ),
        )


def _choice(entry: Entry) -> str:
    """Name and sentence; whether it can be held on a department, and why it gives nothing yet."""
    hints = [str(_("also on departments"))] if entry.is_on_departments else []
    hints += [str(_("gives nothing yet"))] if entry.not_yet else []
    hint = format_html(' <span class="quiet">({})</span>', ", ".join(hints)) if hints else ""
    return format_html("<span><strong>{}</strong> – {}{}</span>", entry.name, entry.sentence, hint)
