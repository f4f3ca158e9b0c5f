"""The servers that DATABASE_URL and REDIS_URL name, used instead of our own; what is made there is taken away again."""

import secrets

import psycopg
import pytest
import redis

from chatplatform import database, external
from chatplatform.console import say
from chatplatform.embedded.process import EmbeddedError
from chatplatform.embedded.state import Layout
from chatplatform.env import Environment

from . import databases

PREFIX = "chatplatform_test_"
_HIGHEST = 15


def server(layout: Layout) -> databases.Server | None:
    """The PostgreSQL of DATABASE_OWNER_URL or DATABASE_URL, with the project's roles; None when neither is set."""
    env = Environment()
    addresses = [url for name in ("DATABASE_OWNER_URL", "DATABASE_URL") if (url := env.secret(name))]
    if not addresses:
        return None
    try:
        address = next((url for url in addresses if _is_superusers(url)), None)
    except psycopg.OperationalError as error:
        raise pytest.UsageError(f"DATABASE_URL cannot be reached: {type(error).__name__}.") from None
    if address is None:
        raise pytest.UsageError(
            "The tests need a superuser in DATABASE_URL or DATABASE_OWNER_URL: they make databases and empty tables that "
            "nobody else may; without both variables they start a PostgreSQL of their own."
        )
    try:
        layout.make()
    except EmbeddedError as error:
        raise pytest.UsageError(str(error)) from None
    found = databases.Server(address, external.kept_passwords(layout))
    _sweep(found)
    return found


def _is_superusers(url: str) -> bool:
    with psycopg.connect(url, connect_timeout=10) as connection:
        return connection.info.parameter_status("is_superuser") == "on"


def fresh_prefix(server: databases.Server) -> tuple[str, psycopg.Connection]:
    """What this run's databases are called; as long as the connection is open they are known to be in use."""
    prefix = f"{PREFIX}{secrets.token_hex(4)}"
    presence = server.superuser()
    presence.execute("SELECT set_config('application_name', %s, false)", [prefix])
    return prefix, presence


def _sweep(server: databases.Server) -> None:
    """Drop what killed runs left."""
    with server.superuser() as connection:
        present = {name for (name,) in connection.execute("SELECT application_name FROM pg_stat_activity")}
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        left = [name for (name,) in connection.execute(query, [PREFIX])]
    for name in left:
        if name.rpartition("_")[0] not in present:
            server.drop(name)


def valkey(given: str, number: int) -> str:
    """The given REDIS_URL with a numbered database of this process's own, the `number`th from the top."""
    url = database.redis_numbered(database.redis_checked(given), _HIGHEST - number % _HIGHEST)
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=10) as client:
            if client.dbsize():
                raise pytest.UsageError(
                    f"The tests empty database {_HIGHEST - number} of REDIS_URL, and there is something in it: FLUSHDB it first."
                )
    except redis.RedisError as error:
        raise pytest.UsageError(f"REDIS_URL cannot be used: {type(error).__name__}.") from None
    return url


def empty_valkey(url: str) -> None:
    """Leave nothing of the tests behind."""
    with redis.Redis.from_url(url) as client:
        client.flushdb()


def announce(server: databases.Server) -> None:
    """Say where the tests run, without a password."""
    info = psycopg.conninfo.conninfo_to_dict(server.address)
    say(
        f"The tests use PostgreSQL on {info.get('host', 'the default socket')}: made the roles chat_owner, chat_app and "
        f"chat_platform there; the databases {PREFIX}… are dropped at the end."
    )
