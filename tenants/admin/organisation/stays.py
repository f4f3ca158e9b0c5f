"""Break-glass, the organisation's page: which operators asked, are or were in, and why; letting in, refusing, sending out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.permissions import Grant, Permission, has
from tenants.admin.acts import Act, Done
from tenants.admin.base import TenantAdmin
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.models import EntryStatus, OperatorEntry
from tenants.roles import ROLE_NAMES
from tenants.services.platform import entering

_STATES: dict[str, str | Promise] = {
    EntryStatus.ASKED.value: _("Waits for an owner's answer"),
    EntryStatus.OPEN.value: _("Is in"),
    EntryStatus.REFUSED.value: _("Refused"),
    EntryStatus.ENDED.value: _("Ended"),
}


def _allow(grant: Grant, entry: OperatorEntry) -> Done:
    entering.allow_entry(grant=grant, entry=entry.public_id, now=timezone.now())
    return Done(_("The operator is in. You can end it at any moment."))


def _refuse(grant: Grant, entry: OperatorEntry) -> Done:
    entering.refuse_entry(grant=grant, entry=entry.public_id, now=timezone.now())
    return Done(_("The operator was not let in."))


def _end(grant: Grant, entry: OperatorEntry) -> Done:
    entering.end_entry(grant=grant, entry=entry.public_id, now=timezone.now())
    return Done(_("The operator is out."))


def _may_answer(grant: Grant, entry: OperatorEntry) -> bool:
    return entry.status == EntryStatus.ASKED.value and has(grant, Permission.CONFIGURATION_ACCOUNT)


def _is_open(grant: Grant, entry: OperatorEntry) -> bool:
    return entry.status == EntryStatus.OPEN.value


@admin.register(OperatorEntry, site=site)
class EntryAdmin(TenantAdmin):
    """Nothing is added or changed here: an entry is what an operator said when he came."""

    section = Section.PEOPLE
    about = _(
        "When somebody of the platform was in your organisation, as what and why. They come for a time, marked on every page, and you can send them out."
    )
    nothing = _("Nobody of the platform was ever in here.")
    rights: ClassVar = {"view": Permission.CONFIGURATION_MEMBERS}
    fields = ("person", "state", "as_role", "reason", "asked_at", "opened_at", "expires_at", "ended_at")
    readonly_fields = fields
    list_display = ("person", "state", "as_role", "reason", "opened_at", "expires_at", "ended_at")
    list_select_related = ("operator",)
    ordering = ("-asked_at", "-pk")
    acts: ClassVar[Sequence[Act]] = (
        Act("allow", _("Let in"), _("Let this operator in for the time that was asked for? It begins now."),
            _allow, _may_answer),
        Act("refuse", _("Refuse"), _("Keep this operator out?"), _refuse, _may_answer, is_danger=True),
        Act("end", _("Send out"), _("Send this operator out? What is open ends at once."), _end, _is_open, is_danger=True),
    )  # fmt: skip

    def menu_name(self) -> str | Promise:
        return _("Operators' entries")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("operator")

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        """Whoever sees it; who may answer is asked by each act."""
        return self.has_view_permission(request, obj)

    @admin.display(description=_("Operator"))
    def person(self, entry: OperatorEntry) -> str:
        return entry.operator.full_name

    @admin.display(description=_("State"), ordering="status")
    def state(self, entry: OperatorEntry) -> str:
        if entry.status == EntryStatus.OPEN.value and entry.expires_at and entry.expires_at <= timezone.now():
            return str(_STATES[EntryStatus.ENDED.value])
        return str(_STATES[entry.status])

    @admin.display(description=_("As"), ordering="role")
    def as_role(self, entry: OperatorEntry) -> str:
        return str(ROLE_NAMES[entry.role])
