"""Decorators for members' pages: who is not signed in is led to sign in, who may not is told so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from security.errors import Denied
from security.failures import refuse
from security.permissions import Grant, Permission, has, require_somewhere

View = Callable[..., HttpResponseBase]


def grant_of_request(request: HttpRequest) -> Grant | None:
    """What the person may do in the organisation whose page this is; None for anybody else."""
    grant: Grant | None = getattr(request, "grant", None)
    return grant


def holder_of(permission: Permission) -> Callable[[HttpRequest], bool]:
    """Whether a page that needs this right is for the person who asks."""

    def is_allowed(request: HttpRequest) -> bool:
        grant = grant_of_request(request)
        return grant is not None and has(grant, permission)

    return is_allowed


def member_page(permission: Permission | None = None) -> Callable[[View], View]:
    """A page for members, with this right if one is named: else sign-in, or a page that says what is missing. Never cached."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _signed_out(request)
            grant = grant_of_request(request)
            if grant is None:
                return _refused(request, "tenants/no_membership.html")
            try:
                if permission is not None:
                    require_somewhere(grant, permission)
            except Denied:
                return _refused(request, "tenants/forbidden.html")
            return view(request, *args, **kwargs)

        return never_cache(guarded)

    return guard


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _signed_out(request: HttpRequest) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"code": "signed_out"}, status=401)
    return redirect_to_login(request.get_full_path())


def _refused(request: HttpRequest, template: str) -> HttpResponse:
    refuse(request)
    if _wants_json(request):
        return JsonResponse({"code": "forbidden"}, status=403)
    return render(request, template, status=403)
