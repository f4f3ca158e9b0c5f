"""One PostgreSQL server of our own: made, started, waited for and stopped.

Never through the wheel's `get_server()`: as root that opens every parent folder up to `/`. `trust` is never used: with
it every process of `nobody` would be superuser.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from .binaries import PostgresPrograms, postgres_programs
from .folders import Runtime, present_user, servant
from .process import EmbeddedError, Spawn, stop, tail, wait_until

SUPERUSER = "chat_superuser"
ROLES = (SUPERUSER, "chat_owner", "chat_app")
DATABASE = "chatplatform"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0

# Statements and key values stay out of the log: they would carry what people typed.
_CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


@dataclass(slots=True)
class Postgres:
    """A cluster in `data`, reached through the sockets of `runtime`."""

    data: Path
    runtime: Runtime
    log: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def url(self, role: str, database: str = DATABASE) -> str:
        """A connection URL over the socket; `peer` needs no password."""
        return f"postgresql://{role}@/{database}?{urlencode({'host': str(self.runtime.sockets)})}"

    def start(self) -> None:
        """Make the cluster if there is none, run the server, return when it answers."""
        programs = postgres_programs(copy_to=self.runtime.programs if servant() else None)
        self._make(programs)
        self._authenticate()
        options = {**_CONFIGURATION, **self.settings, "unix_socket_directories": str(self.runtime.sockets)}
        command = [str(programs.postgres), "-D", self._data_argument()]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.process = self._spawn(command, signal.SIGINT).start()
        wait_until(
            self.answers,
            alive=lambda: self.process is not None and self.process.poll() is None,
            seconds=_START_SECONDS,
            failure=lambda: f"PostgreSQL did not start; its log {self.log} ends: {tail(self.log)}",
        )

    def answers(self) -> bool:
        """Whether the server takes connections."""
        try:
            psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, everything committed is on disk."""
        if self.process is not None:
            stop(self.process, gently=signal.SIGINT, firmly=signal.SIGQUIT, patience=_STOP_SECONDS)
            self.process = None

    def wait_for_predecessor(self) -> None:
        """Return once a server that a killed run left in this folder has ended (its death signal is on the way)."""
        pid = self._left_pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        wait_until(
            lambda: self._left_pid() is None,
            alive=lambda: True,
            seconds=_STOP_SECONDS,
            failure=lambda: f"Another PostgreSQL (process {pid}) still runs on {self.data}; stop it first.",
        )

    def _left_pid(self) -> int | None:
        """The pid in postmaster.pid, if that process lives and really works in our folder."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            if sys.platform != "linux":
                os.kill(pid, 0)
                return pid
            if Path(f"/proc/{pid}/cwd").samefile(self.data):
                return pid
        return None

    def _data_argument(self) -> str:
        """`nobody` may not be able to walk to the folder; the process stands in it already, so it is named that way."""
        return "/proc/self/cwd" if servant() else str(self.data)

    def _spawn(self, command: list[str], death_signal: signal.Signals) -> Spawn:
        return Spawn(command, cwd=self.data, log=self.log, user=servant(), death_signal=death_signal)

    def _make(self, programs: PostgresPrograms) -> None:
        """`initdb`, unless a finished cluster is there; a half-made one is begun anew."""
        finished = self.data / "chatplatform-cluster"
        if finished.exists():
            return
        if (self.data / "global/pg_control").exists():
            shutil.rmtree(self.data)
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in self.data.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if servant():
            account = pwd.getpwnam(servant())
            os.chown(self.data, account.pw_uid, account.pw_gid)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if programs.builtin_locale else []
        command = [str(programs.initdb), "-D", self._data_argument(), f"--username={SUPERUSER}"]
        command += ["--encoding=UTF8", "--locale=C", *locale, "--auth=peer", "--no-instructions", *self._sync()]
        if self._spawn(command, signal.SIGKILL).start().wait() != 0:
            raise EmbeddedError(f"PostgreSQL's files could not be made: {tail(self.log)}")
        finished.touch(mode=0o600)

    def _sync(self) -> list[str]:
        return ["--no-sync"] if self.settings.get("fsync") == "off" else []

    def _authenticate(self) -> None:
        """Whoever started us may be any of our roles; nobody else may be anything."""
        lines = "".join(f'chatplatform "{present_user()}" {role}\n' for role in ROLES)
        self._write("pg_hba.conf", "local all all peer map=chatplatform\n")
        self._write("pg_ident.conf", lines)

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        path.chmod(0o600)
        if servant():
            account = pwd.getpwnam(servant())
            os.chown(path, account.pw_uid, account.pw_gid)
