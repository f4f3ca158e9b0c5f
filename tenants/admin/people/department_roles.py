"""A member's further roles on single departments: a page beside the member's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from security.errors import Conflict, Invalid
from security.permissions import ON_DEPARTMENTS
from security.scoping import TenantQuerySet
from tenants.access import role_permissions
from tenants.admin.acts import Act, Done
from tenants.admin.base import require_grant
from tenants.admin.fields import PublicChoiceField
from tenants.admin.refusals import sentence_for
from tenants.models import Department, Membership, Role
from tenants.services.rights import department_roles as services

if TYPE_CHECKING:
    from tenants.admin.people.members import MemberAdmin

ROLES = Act("roles", _("Roles on departments"), "", lambda grant, member: Done(""))


class GrantForm(forms.Form):
    """Which role, where. What the one who asks does not have there is refused by the service."""

    department = PublicChoiceField(
        label=_("Department"),
        queryset=TenantQuerySet(Department).order_by("name"),
        empty_label=_("Choose a department"),
    )
    role = PublicChoiceField(
        label=_("Role"),
        queryset=TenantQuerySet(Role).order_by("-is_builtin", "pk"),
        empty_label=_("Choose a role"),
        help_text=_(
            "What belongs to conversations and reports holds in that department alone; the rest of the role is left out."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        roles: Any = TenantQuerySet(Role).order_by("-is_builtin", "pk")
        pks = [role.pk for role in roles if role_permissions(role) & ON_DEPARTMENTS]
        self.fields["role"].queryset = roles.filter(pk__in=pks)  # type: ignore[attr-defined]


def urls_of(model_admin: MemberAdmin) -> list[URLPattern]:
    """The page, and the act of taking one away."""

    def page(request: HttpRequest, object_id: str) -> HttpResponse:
        return _page(model_admin, request, _member(model_admin, request, object_id))

    def withdraw(request: HttpRequest, object_id: str, held: UUID) -> HttpResponse:
        return _withdraw(model_admin, request, _member(model_admin, request, object_id), held)

    guarded = model_admin.admin_site.admin_view
    by_key = "<public_id:object_id>/roles/"
    return [
        path(by_key, guarded(page), name="tenants_membership_roles"),
        path(f"{by_key}<uuid:held>/withdraw/", guarded(withdraw), name="tenants_membership_withdraw_role"),
    ]


def _member(model_admin: MemberAdmin, request: HttpRequest, object_id: str) -> Membership:
    member: Membership = model_admin.get_object(request, unquote(object_id))
    if not model_admin.has_change_permission(request, member):
        raise PermissionDenied
    return member


def _page(model_admin: MemberAdmin, request: HttpRequest, member: Membership) -> HttpResponse:
    form = GrantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        department, role = form.cleaned_data["department"], form.cleaned_data["role"]
        try:
            services.grant_role(
                grant=require_grant(request),
                member=member.public_id,
                department=department.public_id,
                role=role.public_id,
            )
        except (Conflict, Invalid) as refusal:
            form.add_error(None, sentence_for(refusal))
        else:
            said = {"role": role.name, "department": department.name}
            messages.success(request, gettext("The role “%(role)s” was given on “%(department)s”.") % said)
            return HttpResponseRedirect(model_admin.url_of(member, "roles"))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Roles on departments"),
        "opts": model_admin.opts,
        "original": member,
        "object_key": model_admin.public_key(member),
        "back": model_admin.url_of(member),
        "held": member.department_roles.select_related("role", "department").order_by("department__name", "pk"),
        "form": form,
    }
    return TemplateResponse(request, "admin/tenants/membership/roles.html", context)


def _withdraw(model_admin: MemberAdmin, request: HttpRequest, member: Membership, held: UUID) -> HttpResponse:
    back = HttpResponseRedirect(model_admin.url_of(member, "roles"))
    if request.method != "POST":
        return back
    try:
        services.withdraw_role(grant=require_grant(request), member=member.public_id, held=held)
    except (Conflict, Invalid) as refusal:
        messages.error(request, sentence_for(refusal))
    else:
        messages.success(request, gettext("The role was withdrawn."))
    return back
