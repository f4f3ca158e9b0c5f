"""The agents' console: the page around the modules that talk to the agents' socket. What it shows, the socket decides."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from chat.services.canned_responses import prepared_replies
from security.accounts.sessions import polling
from security.permissions import Permission, has
from tenants.admin.base import require_grant
from tenants.guards import member_page
from tenants.services.platform import entering

AGENT_SOCKET: Final = "/ws/agent/"


@require_safe
@member_page(Permission.CHAT_SEE_OWN)
def console(request: HttpRequest, conversation: UUID | None = None) -> HttpResponse:  # noqa: ARG001 - read by the page itself
    """The same page for every conversation: which one is open stands in the address, and the socket says whether it is there."""
    context = {
        "root": reverse("console"),
        "socket": AGENT_SOCKET,
        "has_numbers": has(require_grant(request), Permission.REPORTS_OWN),
    }
    return render(request, "console/index.html", context)


@require_safe
@polling
@member_page(Permission.CHAT_SEE_OWN)
def visits(request: HttpRequest) -> JsonResponse:
    """A sentence for each operator who is in here now: the console asks while it is open."""
    return JsonResponse({"lines": [visit.sentence for visit in entering.visits(grant=require_grant(request))]})


@require_safe
@member_page(Permission.CHAT_REPLY)
def canned_responses(request: HttpRequest) -> JsonResponse:
    """What the composer's menu offers."""
    return JsonResponse(asdict(prepared_replies(grant=require_grant(request))))
