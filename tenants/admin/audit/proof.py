"""The page about the trail itself: how far it is signed, verifying it, the public key and the file to verify with, exports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from itertools import islice
from typing import Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.db import transaction
from django.forms import BaseForm
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from security.accounts.sessions import polling
from security.audit.verifier import verifier as verifier_text
from security.errors import Conflict, Invalid
from security.permissions import Grant, Permission, has
from tenants.admin.audit.events import filter_form
from tenants.admin.audit.kept import copies_shown, kept_context
from tenants.admin.base import require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import grant_of_request
from tenants.services.audit import checks, proof
from tenants.services.audit.siem import FORMS
from tenants.tasks import run_trail_check

AT_ONCE: Final = 500
VERIFIER: Final = "verify_audit_export.py"


def _may(permission: Permission) -> object:
    def may(request: HttpRequest) -> bool:
        grant = grant_of_request(request)
        return grant is not None and has(grant, permission)

    return may


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Numbers, keys and buttons."""
    return shown(request)


def shown(request: HttpRequest, **refused: BaseForm) -> HttpResponse:
    """The page, with the form that was refused in place of a fresh one."""
    grant = require_grant(request)
    context = {
        **site.each_context(request),
        **kept_context(grant),
        **refused,
        "title": _("Verify and export"),
        "standing": (standing := proof.read_standing(grant=grant)),
        "copies": list(copies_shown(standing.copies)),
        "check": checks.running_check(grant=grant),
        "may_verify": has(grant, Permission.AUDIT_VERIFY),
        "may_export": has(grant, Permission.AUDIT_EXPORT),
        "forms": [("jsonl", _("JSON lines, to be verified")), ("csv", "CSV"), ("ocsf", "OCSF"), ("cef", "CEF")],
        "verifier": VERIFIER,
    }
    return TemplateResponse(request, "admin/audit/proof.html", context)


def verify(request: HttpRequest) -> HttpResponse:
    """Follow the chain, and say what was found; by POST."""
    if request.method != "POST":
        return back()
    grant = require_grant(request)
    try:
        report = proof.verify_trail(grant=grant)
    except Conflict:
        return _begin(request, grant)
    if report.ok:
        messages.success(request, _("%(count)s events, chain intact.") % {"count": f"{report.entries:,}"})
        if report.forged:
            passed = _("Checkpoints that no key of ours signed were found, and passed over: %(count)s.")
            messages.warning(request, passed % {"count": report.forged})
    else:
        words = {"seq": report.first_bad, "reason": report.reason}
        messages.error(request, _("Event %(seq)s is not as it was written: %(reason)s.") % words)
    return back()


def _begin(request: HttpRequest, grant: Grant) -> HttpResponse:
    """A worker follows what is too long for a page; beat finds it where the broker is away."""
    try:
        check = checks.begin_check(grant=grant, now=timezone.now())
    except Conflict as refused:
        messages.error(request, sentence_for(refused))
        return back()

    def send() -> None:
        run_trail_check.delay(grant.tenant_id, str(check.public_id))

    transaction.on_commit(send, robust=True)
    messages.success(request, _("It was begun. You can leave this page; it goes on."))
    return back()


@require_safe
@polling
def progress(request: HttpRequest, check: UUID) -> HttpResponse:
    """How far a check came, for the page that watches it."""
    found = checks.access_check(grant=require_grant(request), check=check)
    return JsonResponse({"status": found.status, "done": found.done, "total": max(found.total, found.done)})


def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """What the filter in the address lets through, or the whole trail, as a file, page by page; by POST."""
    if request.method != "POST":
        return back()
    if form != "jsonl" and form not in FORMS:
        raise Http404
    grant = require_grant(request)
    asked = filter_form(request, grant)
    if not asked.is_valid():
        messages.error(request, sentence_for(Invalid("filter")))
        return back()
    try:
        lines = proof.export_trail(grant=grant, form=form, wanted=asked.wanted())
    except Conflict as refused:
        messages.error(request, sentence_for(refused))
        return back()
    kind = "application/x-ndjson" if form == "jsonl" else FORMS[form][0]
    response = StreamingHttpResponse(_pieces(lines), content_type=kind)
    ending = {"csv": "csv", "cef": "cef"}.get(form, "jsonl")
    day = timezone.now().date().isoformat()
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{day}-{form}.{ending}"'
    return response


def back() -> HttpResponse:
    """To the page."""
    return HttpResponseRedirect(reverse("admin:audit_proof"))


async def _pieces(lines: Generator[str]) -> AsyncIterator[bytes]:
    """Some hundred lines at a time, read in a thread: a slow reader holds no transaction open."""
    try:
        while piece := await sync_to_async(_joined)(lines):
            yield piece
    finally:
        await sync_to_async(lines.close)()  # whoever went away before the end is told by an event


def _joined(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\n" for line in islice(lines, AT_ONCE)).encode()


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The one file that verifies an export without the platform."""
    response = HttpResponse(verifier_text(), content_type="text/x-python; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{VERIFIER}"'
    return response


_ABOUT = gettext_lazy("Whether the trail is whole, and copies of it to verify elsewhere.")

for _path, _name, _view, _right, _label in (
    ("audit/", "audit_proof", overview, Permission.AUDIT_READ, gettext_lazy("Verify and export")),
    ("audit/verify/", "audit_verify", verify, Permission.AUDIT_VERIFY, ""),
    ("audit/checks/<uuid:check>/", "audit_check", progress, Permission.AUDIT_READ, ""),
    ("audit/verifier/", "audit_verifier", verifier, Permission.AUDIT_READ, ""),
    ("audit/export/<slug:form>/", "audit_export", export, Permission.AUDIT_EXPORT, ""),
):
    _page = AdminPage(_path, _name, _view, Section.AUDIT, _may(_right), _label, _ABOUT if _label else "")  # type: ignore[arg-type]
    site.add_page(_page)
