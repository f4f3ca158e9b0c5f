"""The Reports pages of the administration: each report is an address, its period and filters are its query."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chat.reports import asked, reading
from chat.reports.periods import Refused
from chat.reports.sheets import BOM
from security.permissions import Grant
from tenants.admin.base import require_grant
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import grant_of_request

FIRST = reading.KINDS[0].slug


def may_read(request: HttpRequest) -> bool:
    """Whether there is a report for this person."""
    grant = grant_of_request(request)
    return grant is not None and reading.may_read(grant)


def may_export(request: HttpRequest) -> bool:
    """Whether numbers may leave with this person."""
    grant = grant_of_request(request)
    return grant is not None and reading.may_export(grant)


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The first of them."""
    return _page(request, FIRST)


@require_safe
def report(request: HttpRequest, report: str) -> HttpResponse:
    """One report."""
    return _page(request, report)


def _page(request: HttpRequest, kind: str) -> HttpResponse:
    grant, now = require_grant(request), timezone.now()
    context = {**site.each_context(request), **_parts(request, grant, kind, now)}
    status = HTTPStatus.BAD_REQUEST if context.get("refusal") else HTTPStatus.OK
    return TemplateResponse(request, "admin/reports/page.html", context, status=status)


def _parts(request: HttpRequest, grant: Grant, kind: str, now: datetime) -> dict[str, Any]:
    try:
        found = reading.read_report(grant=grant, kind=kind, asked=request.GET.dict(), now=now)
    except Refused as refused:
        return asked.refused(grant, kind, str(refused), now=now)
    return {**asked.shown(grant, found), "may_export": reading.may_export(grant)}


@require_safe
def csv(request: HttpRequest, section: str) -> HttpResponseBase:
    """The numbers of one section."""
    try:
        sheet = reading.export_section(
            grant=require_grant(request), section=section, asked=request.GET.dict(), now=timezone.now()
        )
    except Refused as refused:
        return HttpResponse(str(refused), content_type="text/plain; charset=utf-8", status=HTTPStatus.BAD_REQUEST)
    return sent(sheet.filename, _one_by_one(sheet.lines), bom="bom" in request.GET)


def sent(filename: str, lines: AsyncIterator[str], *, bom: bool) -> StreamingHttpResponse:
    """Lines as a file to keep; `bom` for spreadsheets that take UTF-8 for something else without it."""
    response = StreamingHttpResponse(_encoded(lines, bom=bom), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


async def _one_by_one(lines: Iterator[str]) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def _encoded(lines: AsyncIterator[str], *, bom: bool) -> AsyncIterator[bytes]:
    if bom:
        yield BOM.encode()
    async for line in lines:
        yield line.encode()


_ABOUT = gettext_lazy("Volume, times, satisfaction and hidden numbers, as charts, tables and CSV.")

for _path, _name, _view, _is_allowed, _label in (
    ("reports/", "reports", overview, may_read, gettext_lazy("Reports")),
    ("reports/csv/<slug:section>/", "reports_csv", csv, may_export, ""),
    ("reports/<slug:report>/", "reports_report", report, may_read, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.REPORTS, _is_allowed, _label, _ABOUT if _label else ""))
