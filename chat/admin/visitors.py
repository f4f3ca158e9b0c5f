"""A visitor's rights: found by mail address or from a conversation, all that is kept exported, and erased."""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from chat.personal import shown_profile
from chat.retention.stores import store
from chat.retention.visitors.erasing import erase_visitor
from chat.retention.visitors.gathering import (
    ERASE,
    EXPORT,
    export_visitor,
    find_visitors,
    read_visitor,
)
from chat.tasks import copy_erasures
from security.errors import Conflict, Invalid
from security.forms import MaskedCharField, spells_no_secret
from security.permissions import has
from tenants.admin.base import require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import grant_of_request, holder_of

PAGE: Final = "admin:visitor_data"
_may_export, _may_erase = holder_of(EXPORT), holder_of(ERASE)


class FindForm(forms.Form):
    """By what visitors are found."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address that the visitor gave"), max_length=254, validators=[spells_no_secret]
    )


class EraseForm(forms.Form):
    """What has to be typed before something is destroyed."""

    typed = MaskedCharField(label=gettext_lazy("Name of the organisation"), required=False, max_length=200)


def may_look(request: HttpRequest) -> bool:
    """Whether there is something to do here for this person."""
    return _may_export(request) or _may_erase(request)


@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Who asks for his data says who he is: by the address that he gave."""
    form = FindForm(request.POST or None, label_suffix="")
    found = None
    if request.method == "POST" and form.is_valid():
        rows = find_visitors(grant=require_grant(request), email=form.cleaned_data["email"])
        found = [(row, shown_profile(row.public_id, row.profile).name) for row in rows]
    context = {**site.each_context(request), "title": _("Visitors' data"), "form": form, "found": found}
    return TemplateResponse(request, "admin/visitors/find.html", context)


@require_safe
def visitor_data(request: HttpRequest, visitor: UUID) -> HttpResponse:
    """What there is of one."""
    return _page(request, visitor, EraseForm(label_suffix=""))


def _page(request: HttpRequest, visitor: UUID, form: EraseForm) -> HttpResponse:
    grant = require_grant(request)
    found, live, archived = read_visitor(grant=grant, visitor=visitor)
    context = {
        **site.each_context(request),
        "title": shown_profile(found.public_id, found.profile).name or _("Visitor"),
        "found": found,
        "live": live,
        "archived": archived,
        "may_export": has(grant, EXPORT),
        "may_erase": has(grant, ERASE),
        "form": form,
    }
    return TemplateResponse(request, "admin/visitors/visitor.html", context)


def export(request: HttpRequest, visitor: UUID) -> HttpResponse:
    """A file: JSON, or a page to read; asked for otherwise than by POST it leads to the page."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse(PAGE, args=[visitor]))
    document = export_visitor(grant=require_grant(request), visitor=visitor, store=store(), now=timezone.now())
    if "html" in request.POST:
        body = render_to_string("admin/visitors/export.html", {"document": document, "site_url": settings.SITE_URL})
        answer = HttpResponse(body, content_type="text/html; charset=utf-8")
    else:
        answer = HttpResponse(json.dumps(document, ensure_ascii=False, indent=2), content_type="application/json")
    ending = "html" if "html" in request.POST else "json"
    answer["Content-Disposition"] = f'attachment; filename="visitor-{visitor}.{ending}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _copy_erasure(tenant_id: int) -> None:
    """After the commit. Where the broker is away the hour's retention does it."""

    def send() -> None:  # by name: Django logs a callback's failure with it, and fails itself where there is none
        copy_erasures.delay(tenant_id)

    transaction.on_commit(send, robust=True)


def erase(request: HttpRequest, visitor: UUID) -> HttpResponse:
    """For good, after the organisation's name was typed; asked for otherwise than by POST it leads to the page."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse(PAGE, args=[visitor]))
    form = EraseForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            row = erase_visitor(
                grant=require_grant(request), visitor=visitor, typed=str(form.cleaned_data["typed"]), now=timezone.now()
            )
        except (Conflict, Invalid) as refused:
            form.add_error("typed" if refused.code == "typed_name" else None, sentence_for(refused))
        else:
            _copy_erasure(row.tenant_id)
            said = _(
                "Erased: %(conversations)d conversations with %(messages)d messages, and what was known of the visitor."
            )
            counts = {"conversations": len(row.conversations), "messages": row.messages}
            messages.success(
                request,
                f"{said % counts} " + _("The certificate %(id)s is in the audit trail.") % {"id": row.public_id},
            )
            return HttpResponseRedirect(reverse("admin:visitors"))
    return _page(request, visitor, form)


def visitor_url(request: HttpRequest, visitor: UUID) -> str | None:
    """Where this visitor's rights are seen to, for who may."""
    grant = grant_of_request(request)
    if grant is None or not (has(grant, EXPORT) or has(grant, ERASE)):
        return None
    return reverse(PAGE, args=[visitor])


_ABOUT = gettext_lazy("When a visitor asks for what is kept about them, or to have it erased.")
for _path, _name, _view, _is_allowed, _label in (
    ("visitors/", "visitors", find, may_look, gettext_lazy("Visitors' data")),
    ("visitors/<uuid:visitor>/", "visitor_data", visitor_data, may_look, ""),
    ("visitors/<uuid:visitor>/export/", "visitor_export", export, _may_export, ""),
    ("visitors/<uuid:visitor>/erase/", "visitor_erase", erase, _may_erase, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.CHAT, _is_allowed, _label, _ABOUT if _label else ""))
