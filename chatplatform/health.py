"""`/healthz`, `/readyz`, `/metrics`: for load balancers and monitoring, answered before hosts, sessions and tenants."""

import logging
import os
import secrets
from collections.abc import Awaitable, Callable

import redis
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from chatplatform import lags
from chatplatform.demo import FORWARDED, is_own_host
from chatplatform.hosts import is_loopback

logger = logging.getLogger(__name__)

_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_REDIS_SECONDS = 1


class HealthMiddleware:
    """Answers the three paths and passes everything else on, in both of Django's modes."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """The answer, or the rest of the chain's."""
        if request.path_info not in _PATHS:
            return self.get_response(request)
        return self._answer_later(request) if iscoroutinefunction(self.get_response) else answer(request)

    async def _answer_later(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":  # must not wait for a free thread
            return answer(request)
        return await sync_to_async(answer)(request)


def answer(request: HttpRequest) -> HttpResponse:
    """Respond to one of the three paths."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    response = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}[request.path_info](request)
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(response.content))
    return response


def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The process is alive; no I/O, so that a slow database does not get it killed."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """503 without the database or with migrations to run; Valkey is a hint and may be down."""
    database = database_state()
    valkeys = redis_states()
    parts = {"database": database, "migrations": migrations_state(), "redis": "down" if "down" in valkeys else "up"}
    ready = parts["database"] == parts["migrations"] == "up"
    each = {"valkeys": valkeys} if len(valkeys) > 1 else {}
    return JsonResponse({"ready": ready, **parts, **each}, status=200 if ready else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus; with METRICS_TOKEN as bearer, else from the loopback by its own name, without a proxy in between."""
    if not _may_read_metrics(request):
        return HttpResponse(status=404)
    told = generate_latest(_registry()) + generate_latest(lags.REGISTRY)
    return HttpResponse(told, content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """Numbers of this process, or the sum over the web processes when there are several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return secrets.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if any(name in request.headers for name in FORWARDED):
        return False
    # A page elsewhere whose name leads to this machine would be let read what its browser gets here.
    host = request.META.get("HTTP_HOST", "") or request.META["SERVER_NAME"]
    return is_own_host(host, settings.ALLOWED_HOSTS) and is_loopback(request.META.get("REMOTE_ADDR", ""))


def database_state() -> str:
    """`up` when a statement can be run as the application."""
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("The database did not answer: %s", type(error).__name__)
        return "down"
    return "up"


def migrations_state() -> str:
    """`up` when the database has every migration that this code knows, `pending` when not."""
    global _migrated  # noqa: PLW0603
    if _migrated:  # nothing takes a migration back while this code runs
        return "up"
    try:
        loader = MigrationLoader(connections[DEFAULT_DB_ALIAS])
    except DatabaseError:
        return "down"
    applied = loader.applied_migrations or {}
    _migrated = all(key in applied for key in loader.graph.nodes)
    return "up" if _migrated else "pending"


_migrated = False


def redis_state() -> str:
    """`up` when every Valkey answers within a second."""
    return "down" if "down" in redis_states() else "up"


def redis_states() -> list[str]:
    """Each of them, in the order of REDIS_URL."""
    return [_redis_state(url) for url in settings.REDIS_URLS]


def _redis_state(url: str) -> str:
    try:
        with redis.Redis.from_url(url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS) as client:
            client.ping()
    except redis.RedisError:
        return "down"
    return "up"
