"""What a website's page and our frame in it ask for by HTTP: loader, frame, colours, and keeping or ending a visitor's token.

Danger: the frame shows a private conversation inside of a foreign page, and its POSTs carry no CSRF token, since there is no
session. Rule: only the site's own origins may frame it; the POSTs need our own Origin and a header that no form can send.
Proof: tests/chat/views/test_widget.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from chat import loader
from chat.brand import theme_css
from chat.cookies import forget_visitor, remember_visitor, visitor_cookie
from chat.services import visitors
from security.csp import CSP, allow_framing_by
from security.errors import NotFound
from security.scoping import tenant_scope
from tenants.access import SiteRef, access_site
from tenants.services.sites import note_site_seen
from tenants.sightings import note_loader

_LANGUAGES: Final = {"en": "ltr", "ar": "rtl"}
_THEMES: Final = frozenset({"light", "dark"})
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_LONGEST_BODY: Final = 1024
_DEMO_PAGE = re.compile(r"/demo/(pk_[A-Za-z0-9_]{1,37})/", re.ASCII)


def site_with(key: str) -> SiteRef:
    """The active website with this key, or Http404."""
    try:
        site = access_site(key)
    except NotFound:
        raise Http404 from None
    if not site.is_active:
        raise Http404
    return site


def own_origin(request: HttpRequest) -> str:
    """The origin under which this request reached us; ALLOWED_HOSTS has checked it."""
    return f"{request.scheme}://{request.get_host()}"


def _origin_of(address: str) -> str:
    try:
        split = urlsplit(address)
    except ValueError:
        return ""
    return f"{split.scheme}://{split.netloc}".lower()


@require_GET
def load(request: HttpRequest) -> HttpResponse:
    """`/w.js`: the same for every website; whoever asks is noted by its origin."""
    _note_page(request)
    return loader.respond(request)


def _note_page(request: HttpRequest) -> None:
    referrer = request.headers.get("Referer", "")
    origin = _origin_of(referrer)
    if origin != own_origin(request):
        if origin.startswith(("https://", "http://")):
            note_loader(origin, now=timezone.now())
        return
    demo = _DEMO_PAGE.match(urlsplit(referrer).path)
    if demo is None or not settings.DEMO:
        return
    try:
        note_site_seen(access_site(demo[1]), origin)
    except NotFound:
        return  # a shop whose site is gone still gets the loader; the frame says 404


@require_GET
@xframe_options_exempt
def frame(request: HttpRequest, key: str) -> HttpResponse:
    """The visitor's chat. A page that names itself must be one of the site's own; frame-ancestors holds those that do not."""
    site = site_with(key)
    page = _origin_of(request.headers.get("Referer", ""))
    is_own = page in {"", "://", own_origin(request)}
    if not is_own and page not in site.allowed_origins:
        return HttpResponseForbidden()
    if not is_own:
        note_site_seen(site, page)
    locale = request.GET.get("locale", "")
    locale = locale if _LOCALE.fullmatch(locale) else "en"
    language = locale.split("-")[0].lower()
    language = language if language in _LANGUAGES else "en"
    theme = request.GET.get("theme", "")
    response = render(
        request,
        "widget/frame.html",
        {
            "key": site.key,
            "locale": locale,
            "language": language,
            "direction": _LANGUAGES[language],
            "theme": theme if theme in _THEMES else "",
        },
    )
    allow_framing_by(response, [CSP.SELF, *site.allowed_origins])
    # A page under COEP may embed only what says both.
    response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_GET
def theme(request: HttpRequest, key: str) -> HttpResponse:  # noqa: ARG001
    """The site's colours; a sheet of its own, since no style may stand in the page."""
    response = HttpResponse(theme_css(site_with(key).brand_color), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=300"
    return response


def _from_frame(view: Callable[[HttpRequest, SiteRef, str | None], HttpResponse]) -> Callable[..., HttpResponse]:
    """A POST of our own frame: Origin and header are ours, the body is small JSON with a token or null."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest, key: str) -> HttpResponse:
        is_ours = request.headers.get("Origin") == own_origin(request) and request.headers.get("X-Chat-Widget") == "1"
        if not is_ours:
            return HttpResponseForbidden()
        site = site_with(key)
        try:
            token = _token_in(request)
        except ValueError:
            return HttpResponse(status=400)
        return view(request, site, token)

    return checked


def _token_in(request: HttpRequest) -> str | None:
    body = request.read(_LONGEST_BODY + 1)
    if len(body) > _LONGEST_BODY:
        raise ValueError
    found = json.loads(body)
    token = found.get("token") if isinstance(found, dict) else ""
    if token is None:
        return None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ValueError
    return token


@_from_frame
def remember(request: HttpRequest, site: SiteRef, token: str | None) -> HttpResponse:
    """After the first `ack`: the token becomes the cookie, if it is a visitor's of this site."""
    with tenant_scope(site.tenant_id):
        session = visitors.access_session(site_id=site.site_id, token=token, now=timezone.now())
    if token is None or session.pk is None:
        return HttpResponse(status=400)
    if session.is_blocked:
        return HttpResponseForbidden()
    response = HttpResponse(status=204)
    remember_visitor(response, key=site.key, token=token, is_secure=request.is_secure())
    return response


@_from_frame
def forget(request: HttpRequest, site: SiteRef, token: str | None) -> HttpResponse:
    """End the token of the page, or else of the cookie, and take the cookie away."""
    token = token or request.COOKIES.get(visitor_cookie(site.key))
    if token:
        with tenant_scope(site.tenant_id):
            visitors.forget_session(site_id=site.site_id, token=token)
    response = HttpResponse(status=204)
    forget_visitor(response, key=site.key, is_secure=request.is_secure())
    return response
