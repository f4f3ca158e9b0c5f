"""One Valkey server of our own, which keeps nothing on disk."""

import contextlib
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis

from .binaries import valkey_program
from .folders import Runtime
from .process import Spawn, stop, tail, wait_until

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0


@dataclass(slots=True)
class Valkey:
    """A server whose socket lies in `runtime`; `folder` is its working folder and stays empty."""

    folder: Path
    runtime: Runtime
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """The only way in."""
        return self.runtime.sockets / "valkey.sock"

    def url(self, database: int = 0) -> str:
        """For `REDIS_URL`."""
        return f"unix://{self.socket}?db={database}"

    def start(self) -> None:
        """Run the server, return when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "dir": str(self.folder),
            "databases": "64",
            "maxmemory-policy": "noeviction",
            "crash-log-enabled": "no",
        }
        command = [str(valkey_program())]
        for name, value in options.items():
            command += [f"--{name}", value]
        # One that ends gently takes the socket away, which may be its successor's by then.
        self.process = Spawn(command, cwd=self.folder, log=self.log, death_signal=signal.SIGKILL).start()
        wait_until(
            self.answers,
            alive=lambda: self.process is not None and self.process.poll() is None,
            seconds=_START_SECONDS,
            failure=lambda: f"Valkey did not start; its log {self.log} ends: {tail(self.log)}",
        )

    def answers(self) -> bool:
        """Whether the server takes commands."""
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.url(), socket_timeout=2) as client:
            return bool(client.ping())
        return False

    def stop(self) -> None:
        """End the server; what it held is gone, as it is meant to be."""
        if self.process is not None:
            stop(self.process, gently=signal.SIGTERM, firmly=signal.SIGKILL, patience=_STOP_SECONDS)
            self.process = None
