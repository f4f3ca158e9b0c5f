"""A whole installation on a stage of its own: web servers, worker and beat beside PostgreSQL and Valkey, each killed and started again at will.

Nothing of it is shared with an installation that runs beside it, and it ends with this process, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chatplatform.bench.chat.stage import Stage
from chatplatform.children import Child
from chatplatform.embedded.postgres import Postgres
from chatplatform.embedded.process import EmbeddedError, tail, wait_until
from chatplatform.embedded.valkey import Valkey
from chatplatform.ports import free_port

PROJECT: Final = Path(__file__).resolve().parents[3]
SERVE: Final = ("manage.py", "serve")
UNSAFE: Final = ("-m", "chatplatform.bench.chaos.unsafe")
"""The same, without the safeguard that `MISSING` names."""
MISSING: Final = "missing-safeguard"
"""A file in the installation's folder."""
DOOM: Final = "doomed"
"""Another: while it is there, an `UNSAFE` server dies as soon as it does what its missing safeguard guards."""
_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0
_LOOK_EVERY = 0.05
_CLEARED = (
    *("SECRET_KEY", "CRYPTOGRAPHY_KEY", "AUDIT_SIGNING_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "TRUSTED_PROXIES"),
    *("ARCHIVE_URL", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"),
)


@dataclass
class House:
    """One installation, with `webs` web servers, each on a port of its own, as they would be behind a proxy.

    `serve` is what Python runs as a web server; `extra` is added to everybody's environment.
    """

    stage: Stage
    extra: Mapping[str, str] = field(default_factory=dict)
    serve: Sequence[str] = SERVE
    webs: int = 1
    ports: list[int] = field(default_factory=list)
    _children: dict[str, Child] = field(default_factory=dict)
    _watchers: list[threading.Thread] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)

    @property
    def folder(self) -> Path:
        """Everything that it writes."""
        return self.stage.folder

    @property
    def url(self) -> str:
        """Its address for everybody, which is that of the first web server."""
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def socket_urls(self) -> list[str]:
        """Every web server's, for sockets."""
        return [f"ws://127.0.0.1:{port}" for port in self.ports]

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are given: nothing of the installation that this one runs beside."""
        urls = self.stage.urls()
        hidden = {variable for name in _CLEARED for variable in (name, f"{name}_FILE")}
        return {
            **{name: value for name, value in os.environ.items() if name not in hidden},
            "DEBUG": "1",
            "DEMO": "0",
            "SITE_URL": self.url,
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": urls.app,
            "DATABASE_OWNER_URL": urls.owner,
            "REDIS_URL": urls.redis,
            "LOG_LEVEL": "WARNING",
            **self.extra,
        }

    def start(self) -> None:
        """Everything, up to web servers that are ready."""
        self.ports = [free_port() for _ in range(self.webs)]
        self.run("-m", "chatplatform.prepare")
        for number, port in enumerate(self.ports, 1):
            self._start(f"web-{number}", [*self.serve, f"--port={port}"])
        celery = ("-m", "celery", "-A")
        self._start("worker", [*celery, "chatplatform.celery:app", "worker", "--pool=solo", "--without-mingle"])
        beat = ("--schedule", str(self.folder / "beat-schedule"), "--pidfile", "")
        self._start("beat", [*celery, "chatplatform.beat:app", "beat", *beat])
        self.wait_until_ready()

    def _start(self, name: str, command: Sequence[str]) -> None:
        child = self._children[name] = Child(name, [sys.executable, *command], self.folder / f"{name}.log")
        child.start(self.environment)

    def run(self, *command: str) -> str:
        """Have Python do something in this installation; what it printed. RuntimeError with the end of what it complained of."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, *command],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-2_000:]}")
        return done.stdout

    def wait_until_ready(self) -> None:
        """Return once each web server says that it can serve, or raise how the first one's log ends."""
        wait_until(
            lambda: all(_is_ready(port) for port in self.ports),
            alive=lambda: bool(self._watchers) or self._children["web-1"].is_alive,
            seconds=_READY_SECONDS,
            failure=lambda: f"The server did not become ready: {tail(self.folder / 'web-1.log', 20)}",
        )

    def keep_up(self) -> None:
        """From now on whatever dies is started again at once, each by a thread of its own."""
        for name in self.members():
            watcher = threading.Thread(target=self._keep, args=(name,), daemon=True)
            watcher.start()
            self._watchers.append(watcher)

    def members(self) -> list[str]:
        """What can be killed."""
        return ["postgres", "valkey", *self._children]

    def _server(self, name: str) -> Postgres | Valkey | None:
        servers: dict[str, Postgres | Valkey] = {"postgres": self.stage.postgres, "valkey": self.stage.valkey}
        return servers.get(name)

    def _keep(self, name: str) -> None:
        while not self._ending.wait(_LOOK_EVERY):
            server = self._server(name)
            if server is None:
                child = self._children[name]
                if not child.is_alive:
                    child.signal(signal.SIGKILL)  # what it had started itself
                    child.start(self.environment)
            elif server.process is None or server.process.poll() is not None:
                with contextlib.suppress(EmbeddedError):  # what is left of the one that died is in the way: again
                    if isinstance(server, Postgres):
                        server.wait_for_predecessor()
                    server.start()

    def kill(self, name: str) -> bool:
        """Kill -9, as a power cut would; False where it does not run just now."""
        process = (self._server(name) or self._children[name]).process
        if process is None or process.poll() is not None:
            return False
        process.kill()
        return True

    def pid_of(self, name: str) -> int:
        """Of one that runs; EmbeddedError while it does not."""
        process = (self._server(name) or self._children[name]).process
        if process is None or process.poll() is not None:
            raise EmbeddedError(f"{name} does not run.")
        return process.pid

    def ask_to_end(self, name: str) -> None:
        """End it as its administrator would, and return once it has; who keeps it up starts it again."""
        process = (self._server(name) or self._children[name]).process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            process.wait(_READY_SECONDS)

    def kill_in_its_moment(self) -> bool:
        """Have an `UNSAFE` web server die where its safeguard is missed; False if nothing brought it there for a while, or it was spared."""
        doom = self.folder / DOOM
        doom.touch()
        with contextlib.suppress(EmbeddedError):
            wait_until(lambda: not doom.exists(), alive=lambda: True, seconds=_READY_SECONDS, failure=lambda: "")
            return True
        return False

    def spare(self) -> None:
        """Whoever was to die in its moment lives."""
        (self.folder / DOOM).unlink(missing_ok=True)

    def serve_without(self, safeguard: str) -> None:
        """Have each web server, which must be `UNSAFE` and kept up, started again without this safeguard; return once it is ready."""
        (self.folder / MISSING).write_text(safeguard)
        for name, child in self._children.items():
            if name.startswith("web-") and (process := child.process) is not None:
                process.kill()
                process.wait()
        self.wait_until_ready()

    def stop(self) -> None:
        """End the servers that this started, nicely first."""
        self._ending.set()
        for watcher in self._watchers:
            watcher.join(_READY_SECONDS)
        for child in self._children.values():
            if child.process is not None and child.is_alive:
                child.process.terminate()
        for child in self._children.values():
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(_STOP_SECONDS)
            child.signal(signal.SIGKILL)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def house(
    base: Path,
    extra: Mapping[str, str] | None = None,
    *,
    serve: Sequence[str] = SERVE,
    webs: int = 1,
    start: Callable[[Postgres], None] = Postgres.start,
) -> Iterator[House]:
    """A started one; `base` is a folder on a real disk, and what is made in it is gone afterwards. `start` is the stage's."""
    with Stage(base, start=start) as stage:
        made = House(stage, extra or {}, serve, webs)
        try:
            made.start()
            yield made
        finally:
            made.stop()
