"""`./run` and `./test` on servers of somebody else's, over TCP, with passwords that need quoting."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from chatplatform.external import as_role, in_database
from tests.chatplatform.given_servers import Given, given_servers
from tests.chatplatform.running import PROJECT, Run, environment, refusal


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    """Both servers."""
    with given_servers(tmp_path_factory.mktemp("given")) as servers:
        yield servers


def test_run_makes_the_roles_with_a_superusers_url_and_says_so(given: Given, tmp_path: Path) -> None:
    with psycopg.connect(given.url(), autocommit=True) as superuser:
        superuser.execute("CREATE DATABASE live")
    extra = {"DATABASE_URL": given.url(database="live"), "REDIS_URL": given.redis_url, "DEMO": "0"}
    run = Run(tmp_path / "var", extra=extra)
    run.start()
    try:
        said = [line for line in run.said if line.startswith("DATABASE_URL is a superuser's: made the roles ")]
        assert len(said) == 1
        assert "p@ss" not in "".join(run.said)
        states = httpx.get(f"http://127.0.0.1:{run.port}/readyz").json()
        assert states == {"ready": True, "database": "up", "migrations": "up", "redis": "up"}
        assert not (run.var / "postgres").exists()
        assert not (run.var / "valkey").exists()
        asked = "from django.db import connection as c; k = c.cursor(); k.execute('SELECT current_user'); print(k.fetchone())"
        assert "('chat_app',)" in Run(run.var, extra=dict(run.extra) | {"DEBUG": "1"}).manage(
            "shell", "-v0", "-c", asked
        )
        users = given.ask("SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'live'")
        assert "admin" not in users
        assert "chat_app" in users
    finally:
        assert run.end(signal.SIGTERM) == 0
    assert run.processes() == set()
    assert given.ask("SELECT rolsuper FROM pg_roles WHERE rolname = 'chat_app'") == ["False"]


def test_run_says_that_an_ordinary_role_needs_an_owner_beside_it(given: Given, tmp_path: Path) -> None:
    extra = {"DATABASE_URL": given.url("plain"), "REDIS_URL": given.redis_url}
    assert refusal(tmp_path / "var", **extra) == (
        "DATABASE_URL is not a superuser's, so DATABASE_OWNER_URL must be set too: the role that owns the tables.\n"
    )


def _pytest(folder: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """A run of its own, not a part of this one."""
    values = {name: value for name, value in environment(**extra).items() if not name.startswith(("PYTEST_", "CHATP"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env={**values, "VAR_DIR": str(folder)}, capture_output=True, text=True, check=False
    )


def test_the_tests_run_on_the_given_servers_and_leave_nothing_there(given: Given, tmp_path: Path) -> None:
    with psycopg.connect(given.url(), autocommit=True) as superuser:
        superuser.execute("CREATE DATABASE chatplatform_test_0badcafe_main")  # of a run that was killed
    done = _pytest(
        tmp_path / "var",
        "-n2",
        "tests/chatplatform/test_services.py",
        DATABASE_URL=given.url(),
        REDIS_URL=given.redis_url,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The tests use PostgreSQL on 127.0.0.1: made the roles" in done.stdout
    assert "p@ss" not in done.stdout
    assert given.ask("SELECT datname FROM pg_database WHERE datname LIKE 'chatplatform%'") == []
    assert not (tmp_path / "var" / "postgres").exists()
    with redis.Redis.from_url(given.redis_url) as client:
        assert client.info("keyspace").keys() <= {"db0"}


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ({"DATABASE_URL": "plain"}, "The tests need a superuser in DATABASE_URL or DATABASE_OWNER_URL"),
        ({"DATABASE_URL": "nobody"}, "DATABASE_URL cannot be reached: OperationalError."),
    ],
)
def test_the_tests_say_what_the_given_role_may_not(
    variable: dict[str, str], sentence: str, given: Given, tmp_path: Path
) -> None:
    extra = {name: given.url(role) for name, role in variable.items()}
    done = _pytest(tmp_path / "var", "tests/chatplatform/test_services.py", **extra)
    assert done.returncode == 4
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_tests_do_not_empty_what_holds_something(given: Given, tmp_path: Path) -> None:
    address = given.redis_url.removesuffix("/0") + "/15"
    with redis.Redis.from_url(address) as client:
        client.set("somebody's", "data")
        done = _pytest(tmp_path / "var", "tests/chatplatform/test_services.py", REDIS_URL=given.redis_url)
        assert done.returncode == 4
        assert "database 15 of REDIS_URL, and there is something in it" in done.stderr
        assert client.getdel("somebody's") == b"data"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://root:x@db:5433/a?sslmode=require", "postgresql://chat_app:p%2Fw@db:5433/b?sslmode=require"),
        ("postgresql://root@/a?host=%2Frun", "postgresql://chat_app:p%2Fw@/b?host=%2Frun"),
        ("postgresql://[::1]/a", "postgresql://chat_app:p%2Fw@[::1]/b"),
    ],
)
def test_another_role_keeps_the_place(url: str, expected: str) -> None:
    assert as_role(url, "chat_app", "p/w", "b") == expected
    assert as_role(url, "chat_app", "").startswith("postgresql://chat_app@")
    assert in_database(url, "b").partition("@")[2] == expected.partition("@")[2] or "@" not in url
