"""Connection URLs turned into what Django, Channels and Celery expect."""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import redis
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

_BOUNDS = {"lock_timeout": "2s", "statement_timeout": "15s", "idle_in_transaction_session_timeout": "30s"}
_BETWEEN_REDIS = re.compile(r"[,\s]\s*(?=(?:redis|rediss|unix)://)")
_SCHEMES = ("postgres://", "postgresql://")


def parse(url: str, *, setting: str) -> dict[str, Any]:
    """A `DATABASES` entry for a PostgreSQL URL; `setting` is named when the URL is no good."""
    if not url.startswith(_SCHEMES):
        raise ImproperlyConfigured(f"{setting} must be a postgresql:// URL; nothing but PostgreSQL is supported.")
    try:
        parts = {key: value for key, value in conninfo_to_dict(url).items() if value is not None}
    except ProgrammingError:
        # libpq's message quotes the URL and with it the password: it must not reach a log.
        raise ImproperlyConfigured(f"{setting} is not a valid postgresql:// URL.") from None
    if not parts.get("dbname") or not parts.get("user"):
        raise ImproperlyConfigured(f"{setting} must name a role and a database.")
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    entry: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql"}
    entry |= {django: str(parts.pop(libpq, "")) for libpq, django in known.items()}
    entry["OPTIONS"] = parts
    return entry


def bounded(options: str = "") -> str:
    """Libpq's `options` for connections that answer requests: nothing waits, runs or idles for ever; what the URL says wins."""
    return " ".join(filter(None, (*(f"-c {name}={value}" for name, value in _BOUNDS.items()), options)))


def broker(redis_url: str) -> str:
    """The same Redis for Celery, which spells a socket `redis+socket://` and its database `virtual_host`."""
    url = urlsplit(redis_url)
    if url.scheme != "unix":
        return redis_url
    query = dict(parse_qsl(url.query))
    query["virtual_host"] = query.pop("db", "0")
    credentials, _, _ = url.netloc.rpartition("@")
    user = f"{credentials}@" if credentials else ""
    return f"redis+socket://{user}{url.path}?{urlencode(query)}"


def redis_separated(urls: str) -> list[str]:
    """The URLs of a list; a comma belongs to one unless another URL begins behind it."""
    return [url.strip() for url in _BETWEEN_REDIS.split(urls)]


def redis_checked(url: str, *, setting: str = "REDIS_URL") -> str:
    """`url` if it is one of Redis's."""
    split = urlsplit(url)
    if split.scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(f"{setting} must be a redis://, rediss:// or unix:// URL.")
    if split.scheme == "unix" and not unquote(split.path):
        raise ImproperlyConfigured(f"{setting} must name a socket.")
    return url


def redis_number(url: str) -> int:
    """Which of Redis's numbered databases the URL means."""
    return int(redis.ConnectionPool.from_url(url).connection_kwargs.get("db", 0))


def redis_numbered(url: str, number: int) -> str:
    """`url` with another of the numbered databases."""
    split = urlsplit(url)
    query = {name: value for name, value in parse_qsl(split.query) if name != "db"} | {"db": str(number)}
    path = split.path if split.scheme == "unix" else ""
    return urlunsplit(split._replace(path=path, query=urlencode(query)))
