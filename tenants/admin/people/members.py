"""Members: what they are called, what they may do, where they answer, and what can be done about them. Never a password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from security.permissions import Grant, Permission
from security.scoping import TenantQuerySet
from tenants.admin.acts import Act, Done
from tenants.admin.base import TenantAdmin, require_grant
from tenants.admin.fields import PublicChoicesField
from tenants.admin.filters import RecordFilter, WordFilter
from tenants.admin.forms import TenantModelForm
from tenants.admin.people import department_roles
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.forms import no_link
from tenants.models import Department, Membership, MembershipStatus, Role
from tenants.services.people import members as services
from tenants.services.people import second_factor
from tenants.services.rights.reading import further_roles

STATUS_NAMES: dict[str, str | Promise] = {
    MembershipStatus.ACTIVE.value: _("Active"),
    MembershipStatus.SUSPENDED.value: _("Suspended"),
    MembershipStatus.PROVISIONAL.value: _("Waiting for confirmation"),
}


class _RoleFilter(RecordFilter):
    title = _("role")
    parameter_name = "role"
    field = "role"
    model = Role


class _StatusFilter(WordFilter):
    title = _("status")
    parameter_name = "status"
    field = "status"
    words = tuple(STATUS_NAMES.items())


class MemberForm(TenantModelForm):
    """The departments are the member's, though they are stored as rows of their own."""

    departments = PublicChoicesField(
        label=_("Departments"), queryset=TenantQuerySet(Department).order_by("name"), required=False
    )

    class Meta(TenantModelForm.Meta):
        model = Membership
        fields = ("name", "role", "capacity")
        labels: ClassVar = {"capacity": _("Conversations at once")}
        help_texts: ClassVar = {
            "name": _("What visitors and colleagues see."),
            "capacity": _("Empty: as the policy says for everybody."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "departments" in self.fields:
            self.initial["departments"] = [
                row.department for row in self.instance.in_departments.select_related("department")
            ]
        if "name" in self.fields:
            self.fields["name"].validators.append(no_link)


def _suspend(grant: Grant, member: Membership) -> Done:
    services.suspend_member(grant=grant, member=member.public_id)
    return Done(_("The member is kept out until you let them in again."))


def _resume(grant: Grant, member: Membership) -> Done:
    services.resume_member(grant=grant, member=member.public_id)
    return Done(_("The member may sign in again."))


def _remove(grant: Grant, member: Membership) -> Done:
    services.remove_member(grant=grant, member=member.public_id)
    return Done(_("The member was removed."))


def _end_sessions(grant: Grant, member: Membership) -> Done:
    ended = services.end_member_sessions(grant=grant, member=member.public_id)
    return Done(ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", ended) % {"count": ended})


def _require_password_change(grant: Grant, member: Membership) -> Done:
    services.require_password_change(grant=grant, member=member.public_id)
    return Done(_("The member will be asked for a new password before anything else."))


def _reset_second_factor(grant: Grant, member: Membership) -> Done:
    second_factor.start_reset(grant=grant, member=member.public_id)
    return Done(_("The member was sent a link. Until they use it, their second factor stays."))


def _is_another(grant: Grant, member: Membership) -> bool:
    return member.pk != grant.membership_id


def _belongs(grant: Grant, member: Membership) -> bool:
    return (
        _is_another(grant, member)
        and member.entry_id is None
        and (member.status != MembershipStatus.SUSPENDED.value or member.expires_at is None)
    )


def _is_active(grant: Grant, member: Membership) -> bool:
    return _belongs(grant, member) and member.status == MembershipStatus.ACTIVE.value


def _is_suspended(grant: Grant, member: Membership) -> bool:
    return _belongs(grant, member) and member.status == MembershipStatus.SUSPENDED.value


@admin.register(Membership, site=site)
class MemberAdmin(TenantAdmin):
    """Nobody is added here but by an invitation, and nobody is deleted: the trail and the conversations name who answered."""

    section = Section.PEOPLE
    about = _("Who works here, and what each may do. Nobody sees or chooses another's password.")
    rights: ClassVar = {"view": Permission.CONFIGURATION_MEMBERS, "change": Permission.CONFIGURATION_MEMBERS}
    form = MemberForm
    fields = ("name", "email", "role", "departments", "capacity", "state", "last_seen", "created_at")
    readonly_fields = ("email", "state", "last_seen", "created_at")
    list_display = ("name", "email", "role", "on_departments", "state", "last_seen", "created_at")
    list_select_related = ("user", "role")
    list_filter = (_StatusFilter, _RoleFilter)
    search_fields = ("name", "user__email")
    ordering = ("name", "pk")
    acts: ClassVar[Sequence[Act]] = (
        Act("suspend", _("Suspend"), _("Keep this member out until you let them in again? What is open ends at once."),
            _suspend, _is_active, is_danger=True),
        Act("resume", _("Let in again"), _("Let this member in again?"), _resume, _is_suspended),
        Act("end-sessions", _("End sessions"), _("Sign this member out wherever they work for your organisation?"),
            _end_sessions, _belongs),
        Act(
            "reset-second-factor",
            _("Reset the second factor"),
            _("Send this member a link by which they give up a lost second factor, with their password? You cannot do it for them."),
            _reset_second_factor,
            offered=_is_active,
        ),
        Act("require-password", _("Require a new password"),
            _("Ask this member for a new password before anything else? You will not see it."),
            _require_password_change, _belongs),
        Act("remove", _("Remove"), _("End this membership for good? What the member wrote stays."),
            _remove, _belongs, is_danger=True),
    )  # fmt: skip

    def menu_name(self) -> str | Promise:
        return _("Members")

    def get_urls(self) -> list[URLPattern]:
        return [*department_roles.urls_of(self), *super().get_urls()]

    def enrich(self, request: HttpRequest, rows: list[Any]) -> None:
        found = further_roles([row.pk for row in rows])
        for row in rows:
            row.further = found.get(row.pk, [])

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().render_change_form(request, context, *args, **kwargs)
        original = context.get("original")
        if original is not None and self.may_act(request, original):
            link = (department_roles.ROLES, self.url_of(original, "roles"))
            answer.context_data["acts"] = [link, *answer.context_data["acts"]]
        return answer

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "role")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes who may do more than himself, nor an operator who is in for a time."""
        is_allowed = super().has_change_permission(request, obj)
        if obj is None or not is_allowed:
            return is_allowed
        return obj.entry_id is None and services.may_act_on(require_grant(request), obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        """Only roles that the person may give."""
        if db_field.name == "role" and request is not None:
            roles = services.assignable_roles(require_grant(request))
            kwargs["queryset"] = TenantQuerySet(Role).filter(pk__in=[role.pk for role in roles]).order_by("pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def change(self, grant: Grant, record: Any, form: Any) -> None:
        """The role is one act, the rest another."""
        data = form.cleaned_data
        if "role" in form.changed_data:
            services.change_role(grant=grant, member=record.public_id, role=data["role"].slug)
        services.change_member(
            grant=grant,
            member=record.public_id,
            name=data["name"],
            capacity=data["capacity"],
            departments=data["departments"],
        )

    @admin.display(description=_("E-mail address"), ordering="user__email")
    def email(self, member: Membership) -> str:
        return member.user.email

    @admin.display(description=_("On departments"), empty_value="–")
    def on_departments(self, member: Any) -> str | None:
        return ", ".join(member.further) or None

    @admin.display(description=_("Last seen"), ordering="last_seen_at", empty_value="–")
    def last_seen(self, member: Membership) -> datetime | None:
        """In this organisation, to five minutes."""
        return member.last_seen_at

    @admin.display(description=_("Status"), ordering="status")
    def state(self, member: Membership) -> str:
        is_over = member.expires_at is not None and member.expires_at <= timezone.now()
        if member.entry_id is not None:
            return gettext("Operator, has left") if is_over else gettext("Operator, in for a time")
        if member.status == MembershipStatus.SUSPENDED.value and member.expires_at is not None:
            return gettext("Removed")
        return str(STATUS_NAMES[member.status])
