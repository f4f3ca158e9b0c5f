"""Every unsound setting at once, each with its sentence: starting would stop at the first.

Works where the settings cannot be loaded, which is when it is needed.
"""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from chatplatform import database, tls
from chatplatform.deployment import Deployment
from chatplatform.env import Environment

_PROJECT = Path(__file__).resolve().parent.parent
_LIMITS = (
    *("VISITOR_MESSAGES", "AGENT_MESSAGES", "VISITOR_SOCKETS", "AGENT_SOCKETS", "ANONYMOUS_SOCKETS", "FRAMES"),
    *("REQUESTS", "CONNECTIONS", "ALL_CONNECTIONS", "HEAD_SECONDS", "BODY_SECONDS"),
    *("VISITOR_ACTS", "TENANT_MESSAGES", "NEW_CONVERSATIONS", "WORK_MS", "ADDRESS_WORK_MS", "HELD_SECONDS"),
)
UNKNOWN = {"settings": "down", "database": "unknown", "redis": "unknown", "migrations": "unknown"}


def problems(environment: Environment, base: Path = _PROJECT) -> list[str]:
    """A sentence for each setting that is missing, malformed or unsafe."""
    found: list[str] = []
    for read in (*_readers(environment, Deployment(environment, base)),):
        try:
            read()
        except ImproperlyConfigured as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


def _readers(env: Environment, deployment: Deployment) -> Iterator[Callable[[], object]]:
    """What settings.py reads, piece by piece."""
    yield lambda: deployment.debug
    yield lambda: deployment.demo
    yield lambda: deployment.port
    yield deployment.secret_key
    yield deployment.master_keys
    yield deployment.audit_signing_key
    yield deployment.checkpoint_urls
    yield deployment.audit_public_keys
    yield deployment.archive_url
    yield lambda: deployment.site_url
    yield lambda: deployment.allowed_hosts
    yield deployment.trusted_proxies
    yield deployment.outgoing_networks
    yield deployment.dns_servers
    yield lambda: database.parse(deployment.database_url(), setting="DATABASE_URL")
    yield lambda: database.parse(deployment.database_owner_url(), setting="DATABASE_OWNER_URL")
    yield deployment.redis_urls
    yield deployment.mail
    yield lambda: deployment.log_level
    yield lambda: deployment.log_format
    yield lambda: _tls(deployment, datetime.now(UTC))
    yield lambda: env.integer("WEB_PROCESSES", 1, least=1, most=64)
    yield lambda: env.integer("DATABASE_POOL", 20, least=12)
    for name in ("DEMO_PASSWORD", "METRICS_TOKEN"):
        yield lambda name=name: env.secret(name)  # type: ignore[misc]
    for name in _LIMITS:
        yield lambda name=name: env.integer(f"LIMIT_{name}", 1, least=1)  # type: ignore[misc]


def _tls(deployment: Deployment, now: datetime) -> None:
    """Somebody must end TLS in production, and what is given for it must be good for a while."""
    cert, key = deployment.tls_files()
    if not (cert or key or deployment.debug or deployment.trusted_proxies()):
        raise ImproperlyConfigured(
            "TLS_CERT and TLS_KEY must be set, or TRUSTED_PROXIES if a proxy ends TLS: pages would be redirected to themselves for ever."
        )
    tls.check(cert, key, site_url=deployment.site_url, now=now)
    tls.check_days_left(cert, now=now)


def report_unsound(arguments: list[str]) -> bool:
    """`check_config` where the settings are unsound: say why, True; else say nothing, False."""
    found = problems(Environment())
    if not found:
        return False
    if "--json" in arguments:
        sys.stdout.write(json.dumps({"ok": False, **UNKNOWN, "problems": found}) + "\n")
    else:
        sys.stdout.write("".join(f"{sentence}\n" for sentence in found))
    sys.stderr.write("The platform would not start like this.\n")
    return True
