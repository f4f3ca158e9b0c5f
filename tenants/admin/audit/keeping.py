"""How long the trail is kept, and the mailbox that keeps its checkpoints: forms on the trail's page, sent by POST."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from security.errors import Conflict
from security.permissions import has
from tenants.admin.audit.forms import KeepingForm, MailboxForm
from tenants.admin.audit.proof import back, shown
from tenants.admin.base import require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.admin.waits import say_saved
from tenants.guards import grant_of_request
from tenants.services.audit.keeping import RIGHT, change_kept, undo_kept
from tenants.services.audit.mailbox import ask_mailbox_again, change_mailbox
from tenants.services.settings import read_policy


def keep(request: HttpRequest) -> HttpResponse:
    """Set how long entries are kept."""
    if request.method != "POST":
        return back()
    grant, form = require_grant(request), KeepingForm(request.POST, label_suffix="")
    if not form.is_valid():
        return shown(request, keeping=form)
    try:
        waits = change_kept(grant=grant, months=form.cleaned_data["months"])
    except Conflict as refused:
        messages.error(request, sentence_for(refused))
        return back()
    say_saved(request, None if waits is None else date_format(localtime(waits.due_at), "DATETIME_FORMAT"))
    return back()


def undo(request: HttpRequest) -> HttpResponse:
    """What waits never holds."""
    if request.method != "POST":
        return back()
    try:
        undo_kept(grant=require_grant(request))
        messages.success(request, _("Undone. The trail is kept as long as before."))
    except Conflict as refused:
        messages.error(request, sentence_for(refused))
    return back()


def mailbox(request: HttpRequest) -> HttpResponse:
    """Set who keeps the checkpoints; he is asked by mail."""
    if request.method != "POST":
        return back()
    grant = require_grant(request)
    form = MailboxForm(request.POST, instance=read_policy(grant=grant, permission=RIGHT))
    if not form.is_valid():
        return shown(request, mailbox=form)
    try:
        changed = change_mailbox(grant=grant, policy=form.instance, now=timezone.now())
    except Conflict as refused:
        form.add_error("audit_checkpoint_email", sentence_for(refused))
        return shown(request, mailbox=form)
    if changed.audit_checkpoint_email:
        messages.success(request, _("Saved. Checkpoints go there once the link in our mail was opened."))
    else:
        messages.success(request, _("No mailbox keeps checkpoints now."))
    return back()


def ask_again(request: HttpRequest) -> HttpResponse:
    """Another link to the mailbox."""
    if request.method != "POST":
        return back()
    try:
        ask_mailbox_again(grant=require_grant(request), now=timezone.now())
        messages.success(request, _("A new link is on its way."))
    except Conflict as refused:
        messages.error(request, sentence_for(refused))
    return back()


def _may(request: HttpRequest) -> bool:
    grant = grant_of_request(request)
    return grant is not None and has(grant, RIGHT)


for _path, _name, _view in (
    ("audit/keeping/", "audit_keeping", keep),
    ("audit/keeping/undo/", "audit_keeping_undo", undo),
    ("audit/mailbox/", "audit_mailbox", mailbox),
    ("audit/mailbox/again/", "audit_mailbox_again", ask_again),
):
    site.add_page(AdminPage(_path, _name, _view, Section.AUDIT, _may, "", ""))
