"""Why PostgreSQL or Valkey is not reached, or pages would have no style, in a sentence for whoever set its address.

Danger: what a driver says may hold an address with its password. Rule: the sentences are ours; of the driver's nothing is told but its kind.
Proof: tests/chatplatform/test_production.py.
"""

from typing import Any, Final

import psycopg
import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

WITHIN: Final = 5
"""Seconds for an answer."""
CERTIFICATE: Final = "the server's certificate is not vouched for by the authority that is believed, or is not for the name in the address"
_SAID: Final = {
    "certificate": CERTIFICATE,
    "does not match host name": CERTIFICATE,
    "root certificate file": "the file of the authority that is to be believed cannot be read",
    "does not support ssl": "the server speaks no TLS",
    "wrong version number": "the server speaks no TLS",
    "refused": "nothing listens at that address",
    "no such file": "nothing listens at that address",
    "resolve host": "the host's name leads nowhere",
    "translate host": "the host's name leads nowhere",
    "not known": "the host's name leads nowhere",
    "authentication": "the server refuses the role or its password",
    "username-password": "the server refuses the role or its password",
    'role "': "the server refuses the role or its password",
    "does not exist": "the server has no such database",
    "timeout": "the server does not answer",
    "timed out": "the server does not answer",
}
"""What drivers say, in lower case, and what it means; the first that fits."""


def database_fault() -> str | None:
    """None where PostgreSQL lets the application in."""
    params: dict[str, Any] = connections[DEFAULT_DB_ALIAS].get_connection_params()
    try:
        psycopg.connect(**{**params, "connect_timeout": WITHIN}).close()
    except psycopg.Error as error:
        return _sentence("DATABASE_URL", error)
    return None


def redis_fault() -> str | None:
    """None where Valkey answers."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=WITHIN, socket_connect_timeout=WITHIN) as client:
            client.ping()
    except redis.RedisError as error:
        return _sentence("REDIS_URL", error)
    return None


def static_fault() -> str | None:
    """None where pages find their style sheets and scripts; development serves them from the sources."""
    if settings.DEBUG or (settings.STATIC_ROOT / "staticfiles.json").exists():
        return None
    return f"{settings.STATIC_ROOT} has no static files: run manage.py collectstatic first."


def _sentence(setting: str, error: Exception) -> str:
    said = str(error).lower()
    means = next((means for words, means in _SAID.items() if words in said), None)
    return f"{setting}: {means or f'the server does not answer as it should ({type(error).__name__})'}."
