"""`serve`: the web server."""

import argparse
import os
import socket
from importlib import import_module
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.utils import timezone

from chatplatform import reasons, server, tls
from chatplatform.connections import Bounds
from chatplatform.embedded import temporary
from chatplatform.hosts import is_loopback
from security.net import networks


class Command(BaseCommand):
    """Serve HTTP and WebSocket until SIGINT or SIGTERM."""

    help = "Serve HTTP and WebSocket."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (%(default)s)")
        parser.add_argument(
            "--server", choices=["uvicorn", "daphne"], default="uvicorn", help="who serves (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Check what would make serving unsafe, then serve."""
        host, port = options["host"], options["port"]
        if (settings.DEMO or settings.DEBUG) and not is_loopback(host):
            raise CommandError(f"DEMO and DEBUG are refused on {host}: they are for this machine's loopback alone.")
        try:
            tls.check(settings.TLS_CERT, settings.TLS_KEY, site_url=settings.SITE_URL, now=timezone.now())
        except ImproperlyConfigured as why:
            raise CommandError(str(why)) from None
        if not (settings.TLS_CERT or is_loopback(host) or settings.TRUSTED_PROXIES):
            raise CommandError("Plain HTTP is refused: set TLS_CERT and TLS_KEY, or TRUSTED_PROXIES for a proxy.")
        if settings.IS_GIVEN_SIGNING_KEY and not settings.DEBUG:
            raise CommandError("AUDIT_SIGNING_KEY is the worker's alone: take it out of the web server's environment.")
        if static := reasons.static_fault():
            raise CommandError(static)
        fault = reasons.database_fault()
        if fault is not None and reasons.CERTIFICATE in fault:  # one that is only away may come back
            raise CommandError(fault)
        self.check(databases=["default"])
        connections.close_all()
        cast("DatabaseWrapper", connections["default"]).close_pool()  # each process that serves opens its own
        _refuse_taken_port(host, port)
        if options["server"] == "daphne":
            _serve_by_daphne(host, port)
            return
        config = server.configuration(
            host=host,
            port=port,
            processes=settings.WEB_PROCESSES,
            tls_cert=settings.TLS_CERT,
            tls_key=settings.TLS_KEY,
            connections=settings.LIMITS["ALL_CONNECTIONS"],
            bounds=Bounds(
                head_seconds=settings.LIMITS["HEAD_SECONDS"],
                per_address=settings.LIMITS["CONNECTIONS"],
                trusted=networks(tuple(settings.TRUSTED_PROXIES)),
            ),
        )
        if not _serve_measured(config):
            raise CommandError("The web server could not start; the log says why.")


def _serve_by_daphne(host: str, port: int) -> None:
    """Its modules choose Twisted's reactor where they are imported, and the application loads all of the platform: here alone."""
    if settings.WEB_PROCESSES > 1:
        raise CommandError("WEB_PROCESSES must be 1 for daphne, which is one process: start several behind a proxy.")
    daphne: Any = import_module("chatplatform.daphne_server")
    daphne.serve(
        application=import_module("chatplatform.asgi").application,
        host=host,
        port=port,
        tls_cert=settings.TLS_CERT,
        tls_key=settings.TLS_KEY,
        frame_bytes=server.FRAME_BYTES + server.FRAME_MARGIN,
    )


def _serve_measured(config: server.Config) -> bool:
    """Several processes share their counters through files, which are numbers only and end with them."""
    if config.workers == 1:
        return server.serve(config)
    folder = temporary.make("metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        return server.serve(config)
    finally:
        temporary.remove(folder)


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Port {port} on {host} cannot be used: {error.strerror}.") from None
