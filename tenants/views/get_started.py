"""The first page of a new owner: the snippet, a preview, and a line that turns when the first page loads the widget."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from security.accounts.sessions import polling
from security.csp import allow_frames_of_self
from security.permissions import Permission
from tenants.access import SiteRef, first_site
from tenants.guards import member_page


@require_safe
@member_page(Permission.CONFIGURATION_SITES)
def get_started(request: HttpRequest) -> HttpResponse:
    """Three steps for the first website of the organisation."""
    site = first_site()
    context = {
        "site": site,
        "status": _status(site),
        "snippet": _snippet(site) if site else "",
        "preview": f"/widget/{site.key}/" if site else "",
        "demo": f"/demo/{site.key}/" if site and settings.DEMO else "",
        "csp_lines": f"script-src {settings.SITE_URL}\nframe-src {settings.SITE_URL}",
        "console": settings.CONSOLE_PATH,
    }
    response = render(request, "tenants/get_started.html", context)
    allow_frames_of_self(response)
    return response


@require_safe
@polling
@member_page(Permission.CONFIGURATION_SITES)
def get_started_status(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Whether, when and where the widget was asked for."""
    return JsonResponse(_status(first_site()))


def _status(site: SiteRef | None) -> dict[str, object]:
    if site is None or site.seen_at is None:
        return {"seen": False, "origin": None, "seen_at": None}
    seen_at = site.seen_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"seen": True, "origin": site.seen_origin, "seen_at": seen_at}


def _snippet(site: SiteRef) -> str:
    # Plain text, which the template escapes: marked as safe it would be a script of this page.
    return f'<script async src="{settings.SITE_URL}/w.js" data-key="{site.key}"></script>'
