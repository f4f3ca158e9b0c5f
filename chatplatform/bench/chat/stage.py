"""Where the contenders stand: one PostgreSQL with durable commits, one Valkey, a folder of their own, all gone at the end.

Danger: a benchmark that leaves servers running, or that runs on an installation's data. Rule: everything is made in a fresh folder and reached by its
own sockets; each process dies with this one, however that ends. Proof: tests/chatplatform/bench/chat/test_contest.py.
"""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL
from typing import Self

import psycopg
from psycopg import sql

from chatplatform import database, roles
from chatplatform.children import Child
from chatplatform.embedded import temporary
from chatplatform.embedded.folders import Runtime, fresh_runtime, servant
from chatplatform.embedded.postgres import DATABASE, SUPERUSER, Postgres
from chatplatform.embedded.state import Urls
from chatplatform.embedded.valkey import Valkey

_STOP_SECONDS = 15.0
_FILES = 65_536


class Stage(contextlib.ExitStack):
    """Use it as a context; `base` is a folder on a real disk, or commits cost nothing. `start` starts PostgreSQL on files of its own, new ones as a rule."""

    folder: Path
    postgres: Postgres
    valkey: Valkey

    def __init__(self, base: Path, *, start: Callable[[Postgres], None] = Postgres.start) -> None:
        super().__init__()
        self._base = base
        self._start_postgres = start

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def _build(self) -> None:
        _allow_many_files()
        self._base.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.sweep(self._base)
        self.folder = temporary.make("bench-", base=self._base)
        self.callback(temporary.remove, self.folder)
        self.postgres = Postgres(self.folder / "postgres", self._runtime(servant()), self.folder / "postgres.log")
        self.callback(self.postgres.stop)
        self.valkey = Valkey(self.folder / "valkey", self._runtime(), self.folder / "valkey.log")
        self.callback(self.valkey.stop)
        self._start_postgres(self.postgres)
        self.valkey.start()
        with psycopg.connect(self.postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            roles.prepare(connection, database=DATABASE)
        with psycopg.connect(self.postgres.url(SUPERUSER), autocommit=True) as connection:
            roles.grant(connection, database=DATABASE)

    def urls(self) -> Urls:
        """The platform's."""
        return Urls(self.postgres.url(roles.APP), self.postgres.url(roles.OWNER), self.valkey.url())

    def peer_urls(self, name: str, number: int, tables: str) -> tuple[str, str]:
        """A database of a peer's own with `tables` in it, and one of Valkey's numbered ones."""
        with psycopg.connect(self.postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            owned = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'")
            connection.execute(owned.format(sql.Identifier(name), sql.Identifier(roles.APP)))
        url = self.postgres.url(roles.APP, name)
        with psycopg.connect(url) as connection:
            connection.execute(tables)
        return url, database.redis_numbered(self.valkey.url(), number)

    def start(self, child: Child, environment: dict[str, str]) -> None:
        """Run it until the end."""
        child.start(environment)
        self.callback(_stop, child)

    def _runtime(self, account: str = "") -> Runtime:
        runtime = fresh_runtime(account)
        self.callback(runtime.remove)
        return runtime


def _stop(child: Child) -> None:
    """It may be stopped for the others' sake: killed it is in any case, and nothing of it is needed any more."""
    if child.process is not None:
        child.signal(SIGKILL)
        child.process.wait(_STOP_SECONDS)


def _allow_many_files() -> None:
    """As many sockets as the account may open, for this process and those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
