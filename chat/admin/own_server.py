"""The page of an organisation's own server: entered, tried, stored, removed."""

from __future__ import annotations

from functools import partial
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chat.admin.own_server_forms import OwnServerForm
from chat.retention.servers.configured import (
    RIGHT,
    NotWorking,
    Trial,
    begin_trial,
    carry_out,
    note_trial,
    read_server,
    remove_server,
    save_server,
)
from security.accounts.limits import is_within
from security.errors import Conflict, Invalid
from tenants.admin.base import require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of
from tenants.interlude import Interlude, outcome_of

PAGE: Final = "admin:retention_server"
_FIELD_OF: Final = {
    "server_address": "address",
    "server_bucket": "bucket",
    "server_secret": "secret",
    "server_recipient": "recipient",
    "server_host": "address",
    "server_private": "address",
    "server_clear": "address",
    "server_unreachable": "address",
    "server_host_key": "host_key",
    "server_host_key_unknown": "host_key",
    "server_key": "private_key",
}
may_set = holder_of(RIGHT)


@require_http_methods(["GET", "HEAD", "POST"])
def server(request: HttpRequest) -> HttpResponse:
    """Nothing is stored that was not tried."""
    grant = require_grant(request)
    stored, shown = read_server(grant=grant), ""
    form = OwnServerForm(request.POST or None, stored=stored)
    if request.method == "POST" and form.is_valid():
        try:
            trial = outcome_of(request)
            if not isinstance(trial, Trial):
                return _tried(request, form)
            if "save" in request.POST:
                save_server(grant=grant, trial=trial, now=timezone.now())
                messages.success(request, _("It works, and is saved. Choose it in a rule to send transcripts there."))
                return HttpResponseRedirect(reverse("admin:retention"))
            trial.require_worked()
            messages.success(request, _("It works: a file was written, read again and deleted. Nothing is saved yet."))
        except NotWorking as failed:
            shown = failed.told
            form.add_error(_FIELD_OF.get(failed.code), sentence_for(failed))
        except Invalid as refused:
            form.add_error(_FIELD_OF.get(refused.code), sentence_for(refused))
    context = {
        **site.each_context(request),
        "title": _("Your own server"),
        "form": form,
        "stored": stored,
        "host_key": shown,
        "failing": sentence_for(Invalid(f"server_{stored.failed_code}")) if stored and stored.failing_since else "",
    }
    return TemplateResponse(request, "admin/retention/server.html", context)


def _tried(request: HttpRequest, form: OwnServerForm) -> Interlude:
    """Then this page is asked once more."""
    grant = require_grant(request)
    given = begin_trial(grant=grant, given=form.given())
    if not is_within(request, "server_trial", key=str(grant.tenant_id)):
        raise Invalid("server_too_often")
    return Interlude(partial(carry_out, given), noted=noted)


def noted(trial: object) -> None:
    """Whether it worked or not, and whatever the one who asked may do by then: somebody's server was spoken to."""
    if isinstance(trial, Trial):
        note_trial(trial)


def remove(request: HttpRequest) -> HttpResponseBase:
    """Asked for by POST; a rule that sends there refuses it."""
    if request.method == "POST":
        try:
            remove_server(grant=require_grant(request))
            messages.success(request, _("Removed. What was sent there is still there."))
        except Conflict as refused:
            messages.error(request, sentence_for(refused))
    return HttpResponseRedirect(reverse(PAGE))


for _path, _name, _view in (
    ("retention/server/", "retention_server", server),
    ("retention/server/remove/", "retention_server_remove", remove),
):
    site.add_page(AdminPage(_path, _name, _view, Section.ORGANISATION, may_set, "", ""))
