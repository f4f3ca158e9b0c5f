"""Conversations, to look at: a list and transcripts, each look an event of the trail. Nothing is changed here."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import access
from chat.admin.blocks import block_view
from chat.admin.outcome_words import words_of
from chat.admin.retention import hold_url
from chat.admin.visitors import visitor_url
from chat.models import Conversation, Status, Tag
from chat.services.blocking import block_of
from chat.services.reading import read_list, read_transcript
from security.permissions import Grant, Permission, has, has_somewhere
from tenants.admin.base import TenantAdmin, require_grant
from tenants.admin.filters import DaysFilter, RecordFilter, SinceFilter, WordFilter
from tenants.admin.sections import Section
from tenants.admin.site import site
from tenants.guards import grant_of_request
from tenants.models import Department, Membership, Site

STATUS_NAMES: dict[str, str | Promise] = {
    Status.WAITING.value: _("Waiting"),
    Status.OPEN.value: _("Open"),
    Status.CLOSED.value: _("Closed"),
}
_LONGEST_SEQ = 18


class _StatusFilter(WordFilter):
    title = _("status")
    parameter_name = "status"
    field = "status"
    words = tuple(STATUS_NAMES.items())


class _DepartmentFilter(RecordFilter):
    title = _("department")
    parameter_name = "department"
    field = "department"
    model = Department


class _AgentFilter(RecordFilter):
    title = _("agent")
    parameter_name = "agent"
    field = "assigned_to"
    model = Membership

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = access.answerers().values_list("public_id", "name")
        return [(str(public_id), name) for public_id, name in rows]


class _SiteFilter(RecordFilter):
    title = _("website")
    parameter_name = "site"
    field = "site"
    model = Site


class _TagFilter(RecordFilter):
    title = _("tag")
    parameter_name = "tag"
    field = "tagged__tag"
    model = Tag

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(public_id), name) for public_id, name in access.tags_seen(require_grant(request))]


class _RecentFilter(SinceFilter):
    title = _("last message")
    parameter_name = "since"
    field = "last_message_at"


class _DaysFilter(DaysFilter):
    title = _("days of the last message")
    field = "last_message_at"


@admin.register(Conversation, site=site)
class ConversationAdmin(TenantAdmin):
    """Which ones a member sees is said by `chat.access.visible`, as in the console."""

    section = Section.CHAT
    about = _("What was said. That you look is in the audit trail.")
    nothing = _("No conversations yet. Once the widget is on your website, they are listed here.")
    list_display = ("visitor_name", "state", "department", "agent", "last_said", "last_message_at")
    list_display_links = ("visitor_name",)
    list_select_related = access.WITH_PEOPLE
    list_filter = (_StatusFilter, _DepartmentFilter, _AgentFilter, _TagFilter, _SiteFilter, _RecentFilter, _DaysFilter)
    ordering = ("-last_message_at", "-pk")

    def may(self, request: HttpRequest, verb: str) -> bool:
        grant = grant_of_request(request)
        return verb == "view" and grant is not None and any(has_somewhere(grant, right) for right in access.SEE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return access.visible(require_grant(request)).order_by(*self.ordering)

    def enrich(self, request: HttpRequest, rows: list[Any]) -> None:
        for row, view in zip(rows, read_list(grant=require_grant(request), conversations=rows), strict=True):
            row.view = view

    def get_urls(self) -> list[URLPattern]:
        """With the page that blocks the visitor."""
        block = self.admin_site.admin_view(partial(block_view, self))
        own = path(f"<{self.key_converter}:object_id>/block/", block, name="chat_conversation_block")
        return [own, *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The transcript."""
        if object_id is None or request.method == "POST":
            raise PermissionDenied
        found = self.get_object(request, object_id)
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        grant = require_grant(request)
        reading = read_transcript(grant=grant, conversation=found.public_id, before=_seq(request.GET.get("before", "")))
        context = {
            **self.admin_site.each_context(request),
            "title": reading.visitor_name or gettext("Visitor"),
            "opts": self.opts,
            "original": found,
            "object_key": self.public_key(found),
            "reading": reading,
            "status": STATUS_NAMES[reading.conversation.status],
            "outcome": _outcome(reading.conversation),
            "may_read_trail": has(grant, Permission.AUDIT_READ),
            "has_view_permission": True,
            **self._blocking(grant, found),
            "hold_url": hold_url(request, found.public_id),
            "visitor_url": visitor_url(request, found.visitor.public_id),
        }
        return TemplateResponse(request, "admin/chat/conversation/transcript.html", context)

    def _blocking(self, grant: Grant, conversation: Conversation) -> dict[str, str | None]:
        """The addresses of what this member may do about the visitor."""
        if not has(grant, Permission.CHAT_BLOCK_VISITOR):
            return {}
        block = block_of(grant=grant, conversation=conversation.public_id)
        if block is None:
            return {"block_url": self.url_of(conversation, "block")}
        return {"blocked_url": reverse("admin:chat_block_change", args=[block.public_id])}

    @admin.display(description=_("Visitor"))
    def visitor_name(self, conversation: Any) -> str:
        return str(conversation.view.visitor.name) or gettext("Visitor")

    @admin.display(description=_("Status"), ordering="status")
    def state(self, conversation: Any) -> str:
        name = STATUS_NAMES[conversation.status]
        return format_html('<span class="state state-{}">{}</span>', conversation.status, name)

    @admin.display(description=_("Agent"), empty_value="–")
    def agent(self, conversation: Any) -> str | None:
        return str(conversation.assigned_to.name) if conversation.assigned_to else None

    @admin.display(description=_("Last message"), empty_value="–")
    def last_said(self, conversation: Any) -> str | None:
        text: str | None = conversation.view.last_text
        return text and format_html('<span class="last-said">{}</span>', text)


def _outcome(conversation: Conversation) -> str:
    """In words; an open one has none."""
    return words_of(conversation.outcome) if conversation.status == Status.CLOSED.value else ""


def _seq(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST_SEQ else None
