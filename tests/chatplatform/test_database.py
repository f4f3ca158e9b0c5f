"""Connection URLs."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from chatplatform import database


def test_a_url_becomes_a_databases_entry() -> None:
    entry = database.parse("postgresql://app:p%40ss@db.example:5433/chat?sslmode=verify-full", setting="DATABASE_URL")
    assert entry == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "chat",
        "USER": "app",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "verify-full"},
    }


def test_a_socket_is_a_host() -> None:
    assert database.parse("postgresql://app@/chat?host=%2Frun%2Fpg", setting="X")["HOST"] == "/run/pg"


@pytest.mark.parametrize("url", ["sqlite:///chat.db", "mysql://a@b/c", "", "postgresqlx://a@b/c"])
def test_nothing_but_postgresql_is_supported(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL must be a postgresql:// URL"):
        database.parse(url, setting="DATABASE_URL")


def test_a_malformed_url_is_refused_without_its_password() -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        database.parse("postgresql://app:hunter2@db/chat?nonsense=1", setting="DATABASE_URL")
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("url", ["postgresql://db/chat", "postgresql://app@db"])
def test_role_and_database_must_be_named(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must name a role and a database"):
        database.parse(url, setting="DATABASE_URL")


@pytest.mark.parametrize(
    ("redis", "celery"),
    [
        ("redis://:secret@cache:6379/2", "redis://:secret@cache:6379/2"),
        ("rediss://cache/0", "rediss://cache/0"),
        ("unix:///run/v.sock?db=3", "redis+socket:///run/v.sock?virtual_host=3"),
        ("unix://:pw@/run/v.sock", "redis+socket://:pw@/run/v.sock?virtual_host=0"),
    ],
)
def test_celery_spells_sockets_differently(redis: str, celery: str) -> None:
    assert database.broker(redis) == celery


@pytest.mark.parametrize("url", ["memory://", "amqp://guest@mq//", "unix://", ""])
def test_nothing_but_redis_carries_messages(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="^REDIS_URL must"):
        database.redis_checked(url)


def test_what_the_url_says_wins_over_the_bounds() -> None:
    assert database.bounded("-c lock_timeout=5s").endswith("-c lock_timeout=5s")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [("lock_timeout", "2s"), ("statement_timeout", "15s"), ("idle_in_transaction_session_timeout", "30s")],
)
def test_nothing_waits_for_ever(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        assert cursor.fetchone() == (value,)
