"""Errors of services, as HTTP answers; whatever went wrong, nothing of the request's transaction stays.

Danger: Django turns an exception into a response before the middleware that opened the scope sees it, so half of a failed act would be
committed. Rule: each exception that leaves a view
marks its request as failed, and whoever opened the scope abandons it. Proof: tests/security/test_failures.py.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import is_valid_path
from django.views.defaults import server_error as django_server_error

from security.cache import CacheAway
from security.errors import Conflict, Denied, DomainError, Invalid, NotFound

logger = logging.getLogger(__name__)

INSUFFICIENT_PRIVILEGE = "42501"
"""SQLSTATE of a row that a policy refuses (PostgreSQL, Appendix A)."""
TIMED_OUT = frozenset({"55P03", "57014"})
"""SQLSTATEs of lock_timeout and statement_timeout."""

_STATUS: tuple[tuple[type[DomainError], int], ...] = ((NotFound, 404), (Denied, 403), (Conflict, 409), (Invalid, 400))


class FailureMiddleware:
    """Last in MIDDLEWARE, so that it is the first to see what a view raised."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing to do for what goes well. With DEBUG, Django's page about an unknown path would repeat it."""
        if settings.DEBUG and not is_valid_path(request.path_info, getattr(request, "urlconf", None)):
            return render(request, "404.html", status=404)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer to a service's refusal; None lets Django answer anything else."""
        request.is_failed = True  # type: ignore[attr-defined]
        if isinstance(exception, DatabaseError) and _sqlstate(exception) == INSUFFICIENT_PRIVILEGE:
            logger.critical("A policy of PostgreSQL refused what the code let through, at %s", _route(request))
            exception = NotFound()
        if _is_passing(exception):
            return _unavailable(request, exception)
        if isinstance(exception, PermissionDenied):  # Django's and its admin's word for the same
            exception = Denied()
        if isinstance(exception, Http404):
            exception = NotFound()
        if not isinstance(exception, DomainError):
            return None
        status = next((status for kind, status in _STATUS if isinstance(exception, kind)), 400)
        if isinstance(exception, Denied):
            refuse(request)
        return render(request, f"{status}.html", status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: what a middleware raised never reaches `process_exception`."""
    exception = sys.exception()
    if exception is not None and _is_passing(exception):
        return _unavailable(request, exception)
    return django_server_error(request)


def refuse(request: HttpRequest) -> None:
    """Let whoever opened the scope record, when it is gone, that this request was refused for lack of a right; nothing of it stays."""
    request.is_failed = True  # type: ignore[attr-defined]
    request.is_refused = True  # type: ignore[attr-defined]


def is_failed(request: HttpRequest) -> bool:
    """Whether nothing of what the request did may stay."""
    return bool(getattr(request, "is_failed", False))


def is_refused(request: HttpRequest) -> bool:
    """Whether the request was refused for lack of a right."""
    return bool(getattr(request, "is_refused", False))


def _is_passing(exception: BaseException) -> bool:
    """Whether it is worth to come again: Valkey is away, or somebody held a row for too long."""
    return isinstance(exception, CacheAway) or (
        isinstance(exception, DatabaseError) and _sqlstate(exception) in TIMED_OUT
    )


def _unavailable(request: HttpRequest, exception: BaseException) -> HttpResponse:
    """Whoever would have to be counted, or to wait longer, is asked to come again; nobody is let in uncounted."""
    logger.error("Not answered for now: %s at %s", type(exception).__name__, _route(request))
    response = render(request, "503.html", status=503)
    response.headers["Retry-After"] = "10"
    return response


def _sqlstate(exception: BaseException) -> str | None:
    return getattr(exception.__cause__, "sqlstate", None)


def _route(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else "none"
