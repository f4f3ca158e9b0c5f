"""Everywhere that something could have been left: files, database, WAL, Valkey, logs."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from chatplatform.embedded.binaries import postgres_programs
from tests.services import session

_BINARY = re.compile(rb"\\\\x([0-9a-f]+)")
"""A column of bytes. Of megabytes in base 16 every run of figures comes up by chance: what lies in them is looked at as it is stored."""
_END = b"this is the end of what was listened to"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def database_files() -> dict[str, bytes]:
    """The database of these tests, everything it wrote ahead, and the server's log, after a checkpoint has put memory on disk."""
    services, database = session.current()
    with services.superuser(database) as connection:
        connection.execute("CHECKPOINT")
        (lock,) = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone() or ("",)
        (number,) = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone() or (
            0,
        )
    data = Path(f"/proc/{lock.split()[0]}/cwd").resolve()
    found = files(data / "base" / str(number))
    for name in ("pg_wal", "log", "base/pgsql_tmp", "pg_stat", "pg_stat_tmp"):
        if (data / name).is_dir():
            found.update(files(data / name))
    found.update({str(path): path.read_bytes() for path in data.parent.glob("*.log")})
    return found


def database_dump() -> dict[str, bytes]:
    """Every row of every table as `pg_dump` writes it, past all policies; a line each, named by its table."""
    services, database = session.current()
    bundled = postgres_programs(copy_to=None).postgres.with_name("pg_dump")
    program = str(bundled) if bundled.is_file() else shutil.which("pg_dump") or "pg_dump"
    command = [program, "--data-only", "--dbname", services.url("chat_superuser", database)]
    dumped = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout
    found: dict[str, bytes] = {}
    table = "head"
    for line in dumped.splitlines(keepends=True):
        if line.startswith(b"COPY public."):
            table = line.split()[1].decode()
        found[f"dump:{table}"] = found.get(f"dump:{table}", b"") + _BINARY.sub(_as_stored, line)
    return found


def _as_stored(written: re.Match[bytes]) -> bytes:
    return bytes.fromhex(written[1].decode())


def memory() -> dict[str, bytes]:
    """Every key that Valkey holds, with its value."""
    client = redis.Redis.from_url(session.urls().redis)
    found: dict[str, bytes] = {}
    for key in client.scan_iter():
        kind = client.type(key)
        value = client.get(key) if kind == b"string" else client.dump(key)
        found[f"valkey:{key!r}"] = key + b"\0" + (value or b"")
    return found


@contextmanager
def listening() -> Iterator[list[bytes]]:
    """Every command that Valkey is sent meanwhile: what is kept for a moment only, what is published, what is queued."""
    heard: list[bytes] = []
    client = redis.Redis.from_url(session.urls().redis)
    with client.monitor() as monitor:  # type: ignore[no-untyped-call]

        def listen() -> None:
            try:
                while _END not in (line := monitor.connection.read_response()):
                    heard.append(line)
            except (redis.RedisError, OSError, ValueError):
                return  # the connection broke: what was heard by then is asserted on

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            client.echo(_END)  # all that was said before it has been heard when it is
            thread.join(30)
            monitor.connection.disconnect()
    assert not thread.is_alive(), "Valkey's commands were not heard to the end"
