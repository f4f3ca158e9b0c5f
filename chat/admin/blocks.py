"""Blocked visitors: the list, letting in again, and the page on which one is blocked from his conversation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chat import access
from chat.models import Block
from chat.services import blocking
from security.errors import Conflict, Invalid
from security.forms import MaskedCharField
from security.permissions import Grant, Permission, has
from tenants.admin.acts import Act, Done
from tenants.admin.base import TenantAdmin, require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.policies import masked_for_members

_LASTS: tuple[tuple[str, str | Promise], ...] = (
    ("", _("For good")),
    ("1", _("For a day")),
    ("7", _("For a week")),
    ("30", _("For 30 days")),
)


class BlockForm(forms.Form):
    """On which terms a visitor is kept out."""

    reason = MaskedCharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        masker=masked_for_members,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For your colleagues. The visitor is not told."),
    )
    days = forms.TypedChoiceField(
        label=_("How long"), choices=_LASTS, coerce=int, empty_value=None, required=False, initial=""
    )
    address = forms.BooleanField(label=_("Also block the address"), required=False)

    def __init__(self, *args: Any, shared_by: int | None, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        if shared_by is None:
            del self.fields["address"]
        else:
            self.fields["address"].help_text = ngettext(
                "%(count)d visitor came from it. It may be shared by others; the block of it ends after %(days)d days, or with the visitor's.",
                "%(count)d visitors came from it. It may be shared by others; the block of it ends after %(days)d days, or with the visitor's.",
                shared_by,
            ) % {"count": shared_by, "days": blocking.ADDRESS_DAYS}


def block_view(conversations: TenantAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Asks for the terms; by POST, blocks the visitor of this conversation."""
    conversation = conversations.get_object(request, unquote(object_id))
    grant = require_grant(request)
    if not has(grant, Permission.CHAT_BLOCK_VISITOR):
        raise PermissionDenied
    shared_by = blocking.shared_by(grant=grant, conversation=conversation.public_id)
    form = BlockForm(request.POST or None, shared_by=shared_by)
    if request.method == "POST" and form.is_valid() and _blocked(request, form, grant, conversation.public_id):
        return HttpResponseRedirect(conversations.url_of(conversation))
    context = {
        **conversations.admin_site.each_context(request),
        "title": _("Block visitor"),
        "opts": conversations.opts,
        "original": conversation,
        "form": form,
        "back": conversations.url_of(conversation),
    }
    return TemplateResponse(request, "admin/chat/conversation/block.html", context)


def _blocked(request: HttpRequest, form: BlockForm, grant: Grant, conversation: UUID) -> bool:
    data = form.cleaned_data
    try:
        blocking.block_visitor(
            grant=grant,
            conversation=conversation,
            reason=data["reason"] or None,
            days=data["days"],
            address=data.get("address", False),
            now=timezone.now(),
        )
    except (Conflict, Invalid) as refusal:
        form.add_error(None, sentence_for(refusal))
        return False
    messages.success(request, gettext("The visitor is blocked. What was open has ended."))
    return True


def _unblock(grant: Grant, block: Block) -> Done:
    blocking.unblock_visitor(grant=grant, block=block.public_id)
    return Done(_("The visitor may write again."))


@admin.register(Block, site=site)
class BlockAdmin(TenantAdmin):
    """Who is blocked from a conversation is listed here; which ones a member sees is said by `chat.access.blocks`."""

    section = Section.CHAT
    about = _(
        "Visitors whom you do not want to hear from. They are blocked from a conversation, here or in the console."
    )
    nothing = _("Nobody is blocked. To block a visitor, open one of their conversations.")
    rights: ClassVar = {"view": Permission.CHAT_BLOCK_VISITOR}
    fields = readonly_fields = ("visitor_name", "why", "by", "created_at", "until", "address_until")
    list_display = ("visitor_name", "why", "by", "created_at", "until", "address_until")
    ordering = ("-created_at", "-pk")
    acts: ClassVar[Sequence[Act]] = (
        Act("unblock", _("Let in again"), _("Let this visitor, and their address, in again?"), _unblock),
    )

    def menu_name(self) -> str | Promise:
        return _("Blocked visitors")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return access.blocks(require_grant(request)).order_by(*self.ordering)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        self.enrich(request, [found])
        return found

    def enrich(self, request: HttpRequest, rows: list[Any]) -> None:
        for row, view in zip(rows, blocking.read_blocks(grant=require_grant(request), blocks=rows), strict=True):
            row.view = view

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_view_permission(request, obj)

    def after_act(self, obj: Any) -> str:
        """The record is gone."""
        return reverse("admin:chat_block_changelist")

    def told_of(self, obj: Any) -> Any:
        """The trail speaks of the visitor."""
        return obj.visitor

    def title_of(self, obj: Any) -> str | Promise:
        return self.visitor_name(obj)

    @admin.display(description=_("Visitor"))
    def visitor_name(self, block: Any) -> str:
        return block.view.name or str(block.visitor)

    @admin.display(description=_("Reason"), empty_value="–")
    def why(self, block: Any) -> str | None:
        return block.view.reason or None

    @admin.display(description=_("Blocked by"), empty_value="–")
    def by(self, block: Any) -> str | None:
        return block.blocked_by.name if block.blocked_by else None

    @admin.display(description=_("Until"), ordering="ends_at")
    def until(self, block: Any) -> str:
        if block.ends_at is None:
            return gettext("For good")
        return _ended(block.ends_at)

    @admin.display(description=_("Address"), empty_value="–")
    def address_until(self, block: Any) -> str | None:
        if block.address_ends_at is None:
            return None
        visitors = ngettext("%(count)d visitor", "%(count)d visitors", block.view.shared_by) % {
            "count": block.view.shared_by
        }
        return f"{_ended(block.address_ends_at)} ({visitors})"


def _ended(moment: datetime) -> str:
    when = date_format(localtime(moment), "DATETIME_FORMAT")
    return gettext("Ended %(when)s") % {"when": when} if moment <= timezone.now() else when
