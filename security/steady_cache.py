"""The cache, with PostgreSQL behind it for what limits count: while Valkey is away people go on signing in, and go on being counted.

Danger: a limit that nobody counts while Valkey is away, or a sign-in that nobody can make. Rule: keys of limits, and no others, are kept in rows
then; anything else raises, as before. What was counted in one place is not known in the other, so a limit may begin anew when Valkey goes
or comes; the lock-out and the used codes of authenticators do not: they are in PostgreSQL always (security/accounts/attempts.py). Proof:
tests/security/accounts/test_without_valkey.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from django.core.cache.backends.redis import RedisCache
from django.db import connection

from security.cache import CacheAway, JSONSerializer

LIMITS: Final = "allauth:rl:"
"""How keys of limits begin."""
USED_CODES: Final = "allauth.mfa.totp.used"
"""How keys begin that say which codes of an authenticator were used: kept in rows always, so that none is good twice when Valkey goes or comes."""
FOREVER: Final = 3600.0
REST: Final = 5.0
"""Seconds for which a Valkey that was away is not asked again: one that hangs would hold each request for its time-out."""

_away_until: dict[str, float] = {}
"""By server, for the whole process: Django makes a backend anew for each asynchronous context, which would forget at once."""

_ADD = """
INSERT INTO security_limitrow (key, value, expires_at) VALUES (%(key)s, %(value)s, now() + %(seconds)s * interval '1 second')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, expires_at = EXCLUDED.expires_at WHERE security_limitrow.expires_at <= now()
"""
_SET = """
INSERT INTO security_limitrow (key, value, expires_at) VALUES (%(key)s, %(value)s, now() + %(seconds)s * interval '1 second')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, expires_at = EXCLUDED.expires_at
"""
_GET = "SELECT value FROM security_limitrow WHERE key = %(key)s AND expires_at > now()"
_DELETE = "DELETE FROM security_limitrow WHERE key = %(key)s"


class SteadyCache(RedisCache):
    """Django's Redis cache; its four calls that limits use have rows behind them."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._server_name = server

    def add(self, key: Any, value: Any, timeout: Any = FOREVER, version: int | None = None) -> bool:
        """As Django's."""
        return bool(
            self._first(
                key,
                lambda: super(SteadyCache, self).add(key, value, timeout, version),
                lambda: _put(_ADD, key, value, timeout),
            )
        )

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """As Django's."""
        return self._first(key, lambda: super(SteadyCache, self).get(key, default, version), lambda: _got(key, default))

    def set(self, key: Any, value: Any, timeout: Any = FOREVER, version: int | None = None) -> None:
        """As Django's."""
        self._first(
            key,
            lambda: super(SteadyCache, self).set(key, value, timeout, version),
            lambda: _put(_SET, key, value, timeout),
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        """As Django's."""
        return bool(
            self._first(key, lambda: super(SteadyCache, self).delete(key, version), lambda: _run(_DELETE, key=key))
        )

    def _first(self, key: Any, ask: Callable[[], Any], instead: Callable[[], Any]) -> Any:
        if str(key).startswith(USED_CODES):
            return instead()
        if not str(key).startswith(LIMITS):
            return ask()
        if time.monotonic() < _away_until.get(self._server_name, 0.0):
            return instead()
        try:
            return ask()
        except CacheAway:
            _away_until[self._server_name] = time.monotonic() + REST
            return instead()


def ask_again() -> None:
    """Forget that a server was away."""
    _away_until.clear()


def _put(statement: str, key: str, value: Any, timeout: Any) -> bool:
    seconds = float(FOREVER if timeout is None else timeout)
    return _run(statement, key=key, value=str(JSONSerializer().dumps(value)), seconds=seconds)


def _got(key: str, default: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_GET, {"key": key})
        row = cursor.fetchone()
    return default if row is None else JSONSerializer().loads(row[0])


def _run(statement: str, **values: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount)
