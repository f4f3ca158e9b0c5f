"""Departments, with who answers in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from security.audit import Action
from security.permissions import Grant, Permission
from security.scoping import TenantQuerySet
from tenants.admin.acts import Act, Done
from tenants.admin.base import TenantAdmin
from tenants.admin.fields import PublicChoicesField
from tenants.admin.forms import TenantModelForm
from tenants.admin.site import site
from tenants.models import Department, Membership, MembershipStatus
from tenants.services import departments as services


class DepartmentForm(TenantModelForm):
    """A name and its members."""

    members = PublicChoicesField(
        label=_("Members"),
        queryset=TenantQuerySet(Membership).filter(status=MembershipStatus.ACTIVE.value).order_by("name"),
        required=False,
    )

    class Meta(TenantModelForm.Meta):
        model = Department
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["members"] = [row.membership for row in self.instance.in_members.select_related("membership")]


def _make_default(grant: Grant, department: Department) -> Done:
    services.make_default(grant=grant, department=department)
    return Done(_("This is the default department now."))


@admin.register(Department, site=site)
class DepartmentAdmin(TenantAdmin):
    """A team that answers."""

    add_title = _("Add a department")
    about = _("Teams that answer. Conversations that ask for none go to the default one.")
    rights: ClassVar = dict.fromkeys(("view", "add", "change", "delete"), Permission.CONFIGURATION_DEPARTMENTS)
    created, changed, deleted = Action.DEPARTMENT_CREATED, Action.DEPARTMENT_CHANGED, Action.DEPARTMENT_DELETED
    form = DepartmentForm
    fields = ("name", "members")
    list_display = ("name", "member_count", "is_default")
    search_fields = ("name",)
    ordering = ("name", "pk")
    acts: ClassVar[Sequence[Act]] = (
        Act(
            "make-default",
            _("Make this the default"),
            _("Shall new members and conversations that ask for no department go here?"),
            _make_default,
            lambda grant, department: not department.is_default,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(members_here=Count("in_members"))
        return rows

    def create(self, grant: Grant, record: Any, form: Any) -> Any:
        data = form.cleaned_data
        return services.create_department(grant=grant, name=data["name"], members=data["members"])

    def change(self, grant: Grant, record: Any, form: Any) -> None:
        data = form.cleaned_data
        # Who is suspended is not among the choices; he stays where he was.
        hidden = [
            row.membership
            for row in record.in_members.select_related("membership")
            if row.membership.status != "active"
        ]
        members = [*data["members"], *hidden]
        services.change_department(grant=grant, department=record, name=data["name"], members=members)

    def delete(self, grant: Grant, record: Any) -> None:
        services.delete_department(grant=grant, department=record)

    @admin.display(description=_("Members"), ordering="members_here")
    def member_count(self, department: Any) -> int:
        return int(department.members_here)
