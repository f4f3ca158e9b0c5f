"""What there is one of: the organisation itself, and its policy. Each is one form; there is no list."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.permissions import Grant, Permission, has
from tenants.admin.base import TenantAdmin
from tenants.admin.forms import TenantModelForm
from tenants.admin.organisation.limits import rows_of
from tenants.admin.site import site
from tenants.forms import no_link
from tenants.guards import grant_of_request
from tenants.models import Policy, Tenant
from tenants.services import limits
from tenants.services.settings import POLICY_RIGHTS, change_policy, change_tenant

_KEY: Final = "current"


class SingleAdmin(TenantAdmin):
    """The one row that the scope holds; whatever its primary key, its address says `current`."""

    key_converter = "slug"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[_KEY]))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = self.get_queryset(request).first() if object_id == _KEY else None
        if found is None:
            raise Http404
        return found

    def public_key(self, obj: Any) -> str:
        return _KEY

    def title_of(self, obj: Any) -> str | Promise:
        return self.menu_name()

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().render_change_form(request, context, *args, **kwargs)
        answer.context_data["about"] = self.about
        return answer

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(request.path)


def _zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


class TenantForm(TenantModelForm):
    """Name and time zone."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=_zones,
        help_text=_("Business hours and reports go by the clock of this zone."),
    )

    class Meta(TenantModelForm.Meta):
        model = Tenant
        fields = ("name", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].validators.append(no_link)


@admin.register(Tenant, site=site)
class OrganisationAdmin(SingleAdmin):
    """The owner's: it is what he has an account for."""

    about = _("What your visitors, your colleagues and mails call your organisation, and by which clock it works.")
    rights: ClassVar = dict.fromkeys(("view", "change"), Permission.CONFIGURATION_ACCOUNT)
    form = TenantForm
    change_form_template = "admin/tenants/tenant/change_form.html"
    fields = ("name", "time_zone")

    def menu_name(self) -> str | Promise:
        return _("Organisation")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """With the plan, and what is used of it."""
        most, used = limits.limits(), limits.used(timezone.now().date())
        context.update(limits=most, used=used, rows=rows_of(most, used), grace=limits.GRACE.days)
        return super().render_change_form(request, context, *args, **kwargs)

    def change(self, grant: Grant, record: Any, form: Any) -> None:
        change_tenant(grant=grant, tenant=record, fields=form.changed_data)


_SHOWN: Final = ("agent_capacity", "close_after_hours")


class PolicyForm(TenantModelForm):
    """One sentence for each setting."""

    class Meta(TenantModelForm.Meta):
        model = Policy
        fields = _SHOWN
        labels: ClassVar = {
            "close_after_hours": _("Hours without a message until a conversation is closed"),
            "agent_capacity": _("Conversations that an agent answers at once"),
            "entry_needs_consent": _("Operators ask before they enter"),
        }
        help_texts: ClassVar = {
            "close_after_hours": _("1 to 720, 24 by default."),
            "agent_capacity": _("1 to 100, 5 by default. A member may have a number of their own."),
            "entry_needs_consent": _(
                "On: nobody of the platform gets in before an owner allows it. Off: owners are told by mail at the moment somebody enters."
            ),
        }


@admin.register(Policy, site=site)
class PolicyAdmin(SingleAdmin):
    """Each setting asks for its own right; the others are shown."""

    about = _("What holds for all members and all conversations of your organisation.")
    form = PolicyForm
    fieldsets = (
        (_("Platform"), {"fields": ("entry_needs_consent",)}),
        (_("Chat"), {"fields": ("agent_capacity", "close_after_hours")}),
    )

    def menu_name(self) -> str | Promise:
        return _("Policy")

    def may(self, request: HttpRequest, verb: str) -> bool:
        grant = grant_of_request(request)
        return (
            verb in {"view", "change"} and grant is not None and any(has(grant, POLICY_RIGHTS[name]) for name in _SHOWN)
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        grant = grant_of_request(request)
        return [name for name in _SHOWN if grant is None or not has(grant, POLICY_RIGHTS[name])]

    def change(self, grant: Grant, record: Any, form: Any) -> None:
        change_policy(grant=grant, policy=record, fields=form.changed_data)
