"""A PostgreSQL and a Valkey as somebody else would run them: on ports, with passwords."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from chatplatform.embedded.folders import fresh_runtime, servant
from chatplatform.embedded.postgres import SUPERUSER, Postgres
from chatplatform.embedded.valkey import Valkey
from chatplatform.ports import free_port

PASSWORD = "p@ss/w:rd %"
_QUOTED = "p%40ss%2Fw%3Ard%20%25"


class PortedPostgres(Postgres):
    """PostgreSQL's socket is named after its port."""

    def url(self, role: str, database: str = "postgres") -> str:
        """Over the socket, to set it up."""
        return f"{super().url(role, database)}&port={self.settings['port']}"


@dataclass(frozen=True, slots=True)
class Given:
    """Where they are; the PostgreSQL knows a superuser and an ordinary role."""

    port: int
    redis_url: str

    def url(self, role: str = "admin", database: str = "postgres") -> str:
        """Over TCP, with the password."""
        return f"postgresql://{role}:{_QUOTED}@127.0.0.1:{self.port}/{database}"

    def ask(self, statement: str) -> list[str]:
        """The first column of what the superuser is answered."""
        with psycopg.connect(self.url()) as connection:
            return [str(row[0]) for row in connection.execute(statement)]


@contextlib.contextmanager
def given_servers(folder: Path) -> Iterator[Given]:
    """Both, until the end of the block."""
    with contextlib.ExitStack() as stack:
        port = _postgres(folder, stack)
        yield Given(port, _valkey(folder, stack))


def _postgres(folder: Path, stack: contextlib.ExitStack) -> int:
    port, runtime = free_port(), fresh_runtime(servant())
    stack.callback(runtime.remove)
    options = {"fsync": "off", "listen_addresses": "127.0.0.1", "port": str(port)}
    server = PortedPostgres(folder / "postgres", runtime, folder / "postgres.log", options)
    stack.callback(server.stop)
    server.start()
    with (server.data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 127.0.0.1/32 scram-sha-256\n")
    with psycopg.connect(server.url(SUPERUSER), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE admin SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
        connection.execute(f"CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}'")
        connection.execute("SELECT pg_reload_conf()")
    return port


def _valkey(folder: Path, stack: contextlib.ExitStack) -> str:
    port, runtime = free_port(), fresh_runtime()
    stack.callback(runtime.remove)
    server = Valkey(folder / "valkey", runtime, folder / "valkey.log")
    stack.callback(server.stop)
    server.start()
    with redis.Redis.from_url(server.url()) as client:
        client.config_set("port", port)
        client.config_set("requirepass", PASSWORD)
    return f"redis://:{_QUOTED}@127.0.0.1:{port}/0"
