"""The front door, and the choice of light or dark."""

from __future__ import annotations

from math import ceil

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from security.accounts.limits import seconds_to_wait
from tenants.theme import COOKIE, THEMES

_ONE_YEAR = 365 * 24 * 3600


class SeeOther(HttpResponse):
    """303: the answer to a POST lies elsewhere, to be fetched by GET."""

    status_code = 303

    def __init__(self, path: str) -> None:
        super().__init__(headers={"Location": path})


def next_path(request: HttpRequest, default: str) -> str:
    """Where the form wanted to go on, if that is on our own origin."""
    wanted = request.POST.get("next", "")
    is_safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    # A line break inside would be refused as a header, with an error for an answer.
    return iri_to_uri(wanted) if wanted and wanted.isprintable() and is_safe else default


def set_cookie(response: HttpResponse, name: str, value: str) -> None:
    """A preference, kept for a year; no script of ours needs to read it."""
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(name, value, max_age=_ONE_YEAR, httponly=True, samesite="Lax", secure=secure)


def too_many(request: HttpRequest, action: str = "") -> HttpResponse:
    """Asked for too often: how long it is until `action`, or what a page of allauth's counts by, is within its rate again."""
    seconds = seconds_to_wait(request, action)
    response = render(request, "429.html", {"minutes": ceil(seconds / 60)}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the product is; for a member, the way in."""
    return render(request, "home/home.html", {"is_demo": settings.DEMO})


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember `theme`: light, dark, or anything else for what the system says."""
    response = SeeOther(next_path(request, reverse("home")))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        set_cookie(response, COOKIE, chosen)
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
