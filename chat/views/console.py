"""The agents' console: the page around the modules that talk to the agents' socket. What it shows, the socket decides."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chat.forms import OwnResponseForm
from chat.services.canned_responses import keep_own_response, prepared_replies, remove_own_response
from security.accounts.sessions import polling
from security.errors import Conflict, NotFound
from security.permissions import Permission, has
from tenants.admin.base import require_grant
from tenants.guards import member_page
from tenants.services.platform import entering

AGENT_SOCKET: Final = "/ws/agent/"
_REFUSED: Final = {
    "shortcut_own": gettext_lazy("You have one with this shortcut already. Choose another."),
    "own_many": gettext_lazy("You have kept 200 of your own. Remove one first."),
}


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


@require_POST
@member_page(Permission.CHAT_REPLY)
def keep_canned_response(request: HttpRequest) -> JsonResponse:
    """Keep what stands in the composer for oneself, or `errors`: sentences for each field that is not as it can be."""
    grant, form = require_grant(request), OwnResponseForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            keep_own_response(grant=grant, shortcut=given["shortcut"], title=given["title"], text=given["text"])
        except Conflict as refusal:
            form.add_error("shortcut", _REFUSED[refusal.code])
    if form.errors:
        errors = {name: [str(error) for error in found] for name, found in form.errors.items()}
        return JsonResponse({"errors": errors})  # no 400, which browsers write down as an error of the page
    return JsonResponse(asdict(prepared_replies(grant=grant)))


@require_POST
@member_page(Permission.CHAT_REPLY)
def remove_canned_response(request: HttpRequest, response: UUID) -> JsonResponse:
    """Remove one of one's own."""
    grant = require_grant(request)
    try:
        remove_own_response(grant=grant, response=response)
    except NotFound:
        raise Http404 from None
    return JsonResponse(asdict(prepared_replies(grant=grant)))
