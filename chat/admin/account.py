"""The owners' page of leaving: everything taken along, and the account closed on an announced day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chat.admin import refusals as refusals
from chat.models import ExportState, OrganisationExport
from chat.retention.closing import LATEST, RIGHT, SOONEST, USUAL, ask_to_close, read_closing, undo_closing
from chat.retention.exporting import begin_export, cancel_export, open_export, read_exports
from chat.retention.stores import store
from chat.tasks import export_organisation
from security.errors import Conflict, Invalid
from security.forms import MaskedCharField
from security.permissions import Grant
from tenants.admin.base import require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of

_STATES: Final = {
    ExportState.RUNNING.value: gettext_lazy("Under way"),
    ExportState.DONE.value: gettext_lazy("Ready"),
    ExportState.CANCELLED.value: gettext_lazy("Stopped"),
    ExportState.FAILED.value: gettext_lazy("Failed"),
}


class CloseForm(forms.Form):
    """When, and the name of what ends then."""

    days = forms.IntegerField(
        label=gettext_lazy("In how many days"),
        min_value=SOONEST,
        max_value=LATEST,
        initial=USUAL,
        help_text=gettext_lazy("7 to 90. Till then it can be undone here."),
    )
    typed = MaskedCharField(label=gettext_lazy("Name of the organisation"), required=False, max_length=200)


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Both on one page."""
    return _page(request, CloseForm(label_suffix=""))


def _page(request: HttpRequest, form: CloseForm) -> HttpResponse:
    grant = require_grant(request)
    rows = read_exports(grant=grant)
    context = {
        **site.each_context(request),
        "title": _("Leaving"),
        "exports": [(row, _STATES[row.state], _is_ready(row)) for row in rows],
        "is_running": any(row.state == ExportState.RUNNING.value for row in rows),
        "announced": read_closing(grant=grant),
        "form": form,
    }
    return TemplateResponse(request, "admin/account/page.html", context)


def _is_ready(row: OrganisationExport) -> bool:
    return row.state == ExportState.DONE.value and row.expires_at > timezone.now()


def _back() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:account"))


def _queue(grant: Grant, export: UUID) -> None:
    """For a worker, after the commit. Where the broker is away beat finds it."""

    def send() -> None:  # by name: Django logs a callback's failure with it, and fails itself where there is none
        export_organisation.delay(grant.tenant_id, str(export))

    transaction.on_commit(send, robust=True)


def export(request: HttpRequest) -> HttpResponse:
    """Begin one; asked for otherwise than by POST it leads to the page."""
    if request.method == "POST":
        grant = require_grant(request)
        try:
            _queue(grant, begin_export(grant=grant, now=timezone.now()).public_id)
            messages.success(request, _("It was begun. You can leave this page; it goes on."))
        except Conflict as refused:
            messages.error(request, sentence_for(refused))
    return _back()


def cancel(request: HttpRequest, export: UUID) -> HttpResponse:
    """Stop it, or take it away before its week is over."""
    if request.method == "POST":
        cancel_export(grant=require_grant(request), export=export, now=timezone.now())
        messages.success(request, _("It was stopped, and what was made of it is taken away."))
    return _back()


@require_safe
def download(request: HttpRequest, export: UUID) -> HttpResponseBase:
    """All of it in one file, made as it is sent."""
    try:
        pieces = open_export(grant=require_grant(request), export=export, store=store(), now=timezone.now())
    except Conflict as refused:
        messages.error(request, sentence_for(refused))
        return _back()
    response = StreamingHttpResponse(_sent(pieces), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="export-{export}.zip"'
    response["Cache-Control"] = "no-store"
    return response


async def _sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each is read in a thread: a slow reader holds neither a transaction nor a part in memory but one."""
    while piece := await sync_to_async(_next)(pieces):
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes:
    """What is not empty; b"" after the last one."""
    return next((piece for piece in pieces if piece), b"")


def close(request: HttpRequest) -> HttpResponse:
    """Announce it; what was typed wrongly is said at its field."""
    if request.method != "POST":
        return _back()
    form = CloseForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, form)
    try:
        due = ask_to_close(
            grant=require_grant(request), days=form.cleaned_data["days"], typed=str(form.cleaned_data["typed"])
        )
    except (Conflict, Invalid) as refused:
        form.add_error("typed" if refused.code == "typed_name" else None, sentence_for(refused))
        return _page(request, form)
    day = date_format(localtime(due), "DATETIME_FORMAT")
    messages.success(request, _("The account will be closed on %(day)s. All owners were told.") % {"day": day})
    return _back()


def undo(request: HttpRequest) -> HttpResponse:
    """The account stays."""
    if request.method == "POST":
        try:
            undo_closing(grant=require_grant(request))
            messages.success(request, _("Undone. The account stays as it is; all owners were told."))
        except Conflict as refused:
            messages.error(request, sentence_for(refused))
    return _back()


_ABOUT = gettext_lazy("Take everything along, or close the account.")
for _path, _name, _view, _label in (
    ("account/", "account", account, gettext_lazy("Leaving")),
    ("account/export/", "account_export", export, ""),
    ("account/exports/<uuid:export>/", "account_export_download", download, ""),
    ("account/exports/<uuid:export>/cancel/", "account_export_cancel", cancel, ""),
    ("account/close/", "account_close", close, ""),
    ("account/close/undo/", "account_close_undo", undo, ""),
):
    site.add_page(
        AdminPage(_path, _name, _view, Section.ORGANISATION, holder_of(RIGHT), _label, _ABOUT if _label else "")
    )
