"""The embedded PostgreSQL and Valkey: reachable by who started them, and by nobody else."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from chatplatform.embedded.folders import Runtime, fresh_runtime, servant
from chatplatform.embedded.postgres import SUPERUSER, Postgres
from chatplatform.embedded.valkey import Valkey

AS_ROOT = os.geteuid() == 0


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[Postgres]:
    """A server whose files lie where only the present user can walk, as below a home folder."""
    folder.chmod(0o700)
    runtime = fresh_runtime(servant())
    server = Postgres(folder / "postgres", runtime, folder / "postgres.log", {"fsync": "off"})
    try:
        server.start()
        yield server
    finally:
        server.stop()
        runtime.remove()


def _ask(server: Postgres, statement: str) -> object:
    with psycopg.connect(server.url(SUPERUSER, "postgres")) as connection:
        return (connection.execute(statement).fetchone() or [None])[0]


def test_postgres_runs_in_a_private_folder_with_the_builtin_locale(tmp_path: Path) -> None:
    with _postgres(tmp_path) as server:
        assert _ask(server, "SHOW server_version_num") >= "180000"  # type: ignore[operator]
        assert (
            _ask(server, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'postgres'")
            == "bC.UTF-8"
        )
        assert _ask(server, "SHOW listen_addresses") == ""
        assert _ask(server, "SHOW synchronous_commit") == "on"


def test_only_peer_authentication_of_the_starting_user_is_known(tmp_path: Path) -> None:
    with _postgres(tmp_path) as server:
        rules = "SELECT string_agg(DISTINCT type || ' ' || auth_method, ', ') FROM pg_hba_file_rules"
        assert _ask(server, rules) == "local peer"
        with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
            psycopg.connect(server.url("nobody", "postgres"))


@pytest.mark.skipif(not AS_ROOT, reason="only root can become another account")
def test_another_process_of_the_servers_own_account_gets_in_as_nothing(tmp_path: Path) -> None:
    """With `trust` it was superuser."""
    with _postgres(tmp_path) as server:
        socket = server.runtime.sockets / ".s.PGSQL.5432"
        startup = b"user\0" + SUPERUSER.encode() + b"\0database\0postgres\0\0"
        packet = (len(startup) + 8).to_bytes(4) + (196608).to_bytes(4) + startup
        script = (
            "import socket, sys; s = socket.socket(socket.AF_UNIX); "
            f"s.connect({str(socket)!r}); s.sendall({packet!r}); sys.stdout.write(repr(s.recv(300)))"
        )
        interpreter = "/usr/bin/python3"
        if not Path(interpreter).exists():
            pytest.skip("no interpreter that the account nobody could run")
        os.chmod(server.runtime.path, 0o711)  # noqa: PTH101
        said = subprocess.run([interpreter, "-c", script], user="nobody", capture_output=True, text=True, check=True)
        assert "Peer authentication failed" in said.stdout


def test_files_and_sockets_are_closed_to_others(tmp_path: Path) -> None:
    with _postgres(tmp_path) as server:
        assert server.runtime.is_safe()
        assert stat.S_IMODE(server.runtime.sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.log.stat().st_mode) == 0o600
        assert len(str(server.runtime.sockets / ".s.PGSQL.5432.lock")) <= 107
        folder = server.runtime.path
    assert not folder.exists()


def test_statements_and_values_stay_out_of_the_log(tmp_path: Path) -> None:
    with (
        _postgres(tmp_path) as server,
        psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE person (email text PRIMARY KEY)")
        connection.execute("INSERT INTO person VALUES (%s)", ["canary@example.com"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES (%s)", ["canary@example.com"])
        assert "duplicate key" in server.log.read_text()
        assert "canary" not in server.log.read_text()


def test_data_outlives_a_kill_and_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    with _postgres(tmp_path) as server:
        with psycopg.connect(server.url(SUPERUSER, "postgres")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        assert server.process is not None
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        server.wait_for_predecessor()
        server.start()
        assert _ask(server, "SELECT seven FROM kept") == 7
        server.stop()
        (server.data / "chatplatform-cluster").unlink()  # as if initdb had been killed
        server.start()
        assert _ask(server, "SELECT count(*) FROM pg_class WHERE relname = 'kept'") == 0


def test_a_server_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import signal, sys
from pathlib import Path
from chatplatform.embedded.folders import Runtime, fresh_runtime
from chatplatform.embedded.valkey import Valkey
runtime = fresh_runtime()
server = Valkey(Path({str(tmp_path)!r}) / "valkey", runtime, Path({str(tmp_path)!r}) / "log")
server.start()
print(server.process.pid, runtime.path, flush=True)
signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        parent.kill()
    deadline = time.monotonic() + 10
    while _is_running(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running(int(pid))
    Runtime(Path(folder)).remove()


def _is_running(pid: int) -> bool:
    """Zombies have ended, whether or not somebody has looked at them."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_valkey_keeps_nothing_on_disk_and_listens_on_no_port(tmp_path: Path) -> None:
    runtime = fresh_runtime()
    server = Valkey(tmp_path / "valkey", runtime, tmp_path / "valkey.log")
    server.start()
    try:
        with redis.Redis.from_url(server.url(), decode_responses=True) as client:
            client.set("canary", "raw text")
            settings = client.config_get("*")
            assert (settings["port"], settings["save"], settings["appendonly"]) == ("0", "", "no")
    finally:
        server.stop()
        runtime.remove()
    assert list((tmp_path / "valkey").iterdir()) == []
    assert "canary" not in (tmp_path / "valkey.log").read_text()


def test_a_folder_that_somebody_else_could_have_made_is_not_taken(tmp_path: Path) -> None:
    assert not Runtime(tmp_path / "missing").is_safe()
    runtime = fresh_runtime()
    assert runtime.is_safe()
    runtime.sockets.chmod(0o755)
    assert not runtime.is_safe()
    runtime.sockets.rmdir()
    runtime.sockets.symlink_to(tmp_path)
    assert not runtime.is_safe()
    runtime.remove()
    assert tmp_path.exists()
