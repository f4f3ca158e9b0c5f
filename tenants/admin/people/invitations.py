"""Invitations: the one way in for somebody new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from security.errors import Conflict
from security.permissions import Grant, Permission
from security.scoping import TenantQuerySet
from tenants.admin.acts import Act, Done
from tenants.admin.base import TenantAdmin, require_grant
from tenants.admin.fields import AddressesField
from tenants.admin.forms import TenantModelForm
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.models import Invitation, Role
from tenants.services.people import invitations as services
from tenants.services.people.members import assignable_roles


class InvitationForm(TenantModelForm):
    """Whom, one or several, as what."""

    email = AddressesField(
        label=_("E-mail addresses"),
        help_text=_(
            "One, or a list, with spaces, commas or line breaks between. A link that is good for seven days is sent to each."
        ),
    )

    class Meta(TenantModelForm.Meta):
        model = Invitation
        fields = ("email", "role")

    def clean_email(self) -> str:
        """The first, for the record; all of them beside it."""
        self.addresses: list[str] = self.cleaned_data["email"]
        return str(self.addresses[0])


def _sent(address: str) -> str:
    return gettext("An invitation was sent to %(email)s.") % {"email": address}


def _not_sent(address: str, refusal: Conflict) -> str:
    return gettext("No invitation was sent to %(email)s: %(why)s") % {"email": address, "why": sentence_for(refusal)}


def _is_open(grant: Grant, invitation: Invitation) -> bool:
    return invitation.accepted_at is None and invitation.expires_at > timezone.now()


def _withdraw(grant: Grant, invitation: Invitation) -> Done:
    services.withdraw_invitation(grant=grant, invitation=invitation.public_id)
    return Done(_("The invitation was withdrawn: its link leads nowhere any more."))


@admin.register(Invitation, site=site)
class InvitationAdmin(TenantAdmin):
    """Made, looked at and withdrawn; never changed."""

    section = Section.PEOPLE
    add_title = _("Invite members")
    about = _("The one way in for somebody new: a link by mail, good for seven days and once.")
    nothing = _("Nobody was invited yet.")
    rights: ClassVar = {"view": Permission.CONFIGURATION_MEMBERS, "add": Permission.CONFIGURATION_MEMBERS}
    form = InvitationForm
    fields = ("email", "role", "invited_by", "state", "created_at", "expires_at")
    readonly_fields = ("invited_by", "state", "created_at", "expires_at")
    list_display = ("address", "role", "invited_by", "state", "created_at", "expires_at")
    list_select_related = ("role", "invited_by")
    search_fields = ("email",)
    ordering = ("-created_at", "-pk")
    acts: ClassVar[Sequence[Act]] = (
        Act(
            "withdraw",
            _("Withdraw"),
            _("Make the link of this invitation worthless?"),
            _withdraw,
            _is_open,
            is_danger=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("role", "invited_by")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj is not None else ("email", "role")

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_add_permission(request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        """Only roles that the person may give."""
        if db_field.name == "role" and request is not None:
            roles = assignable_roles(require_grant(request))
            kwargs["queryset"] = TenantQuerySet(Role).filter(pk__in=[role.pk for role in roles]).order_by("pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def create(self, grant: Grant, record: Any, form: Any) -> Any:
        """Whoever cannot be invited keeps nobody else from it; where that is everybody, the first refusal is the form's."""
        made: list[Any] = []
        refusals: list[tuple[str, Conflict]] = []
        for address in form.addresses:
            try:
                made.append(services.invite_member(grant=grant, email=address, role=record.role.slug))
            except Conflict as refusal:
                refusals.append((address, refusal))
        if not made:
            raise refusals[0][1]
        made[0].answers = [(messages.SUCCESS, _sent(one.email)) for one in made] + [
            (messages.WARNING, _not_sent(address, refusal)) for address, refusal in refusals
        ]
        return made[0]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """A sentence for each address."""
        for level, said in obj.answers:
            messages.add_message(request, level, said)
        return self.response_post_save_add(request, obj)

    @admin.display(description=_("E-mail address"), ordering="email")
    def address(self, invitation: Invitation) -> str:
        return invitation.email

    @admin.display(description=_("Status"))
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at is not None:
            return gettext("Accepted")
        return gettext("Open") if invitation.expires_at > timezone.now() else gettext("Expired or withdrawn")
