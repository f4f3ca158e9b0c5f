"""An agent's own numbers, a page beside the console."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from chat.reports import asked, reading
from chat.reports.periods import Refused
from chat.reports.reach import Tier
from security.permissions import Permission
from tenants.admin.base import require_grant
from tenants.guards import member_page


@require_safe
@member_page(Permission.REPORTS_OWN)
def own_reports(request: HttpRequest) -> HttpResponse:
    """Of the reader alone, also where he may see more in the administration."""
    grant, now, status = require_grant(request), timezone.now(), HTTPStatus.OK
    try:
        parts = asked.shown(grant, reading.read_own(grant=grant, asked=request.GET.dict(), now=now))
    except Refused as refused:
        parts = asked.refused(grant, reading.OWN.slug, str(refused), now=now, tier=Tier.OWN)
        status = HTTPStatus.BAD_REQUEST
    return render(request, "console/reports.html", {**parts, "action": reverse("console_reports")}, status=status)
