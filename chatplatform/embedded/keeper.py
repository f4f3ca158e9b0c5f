"""`python -m chatplatform.embedded.keeper PART VAR_DIR PIPE`: runs one embedded part while anybody uses it.

Users hold `PART.use` shared; the keeper waits to hold it alone, and then ends. So a part lives as long as its last
user, whichever of `./run` and any number of commands came first, and none can leave it behind, even by kill -9.
A keeper that is killed itself takes its server along: the server's death signal. Proven by
tests/chatplatform/test_keeper.py.
"""

import contextlib
import fcntl
import os
import select
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from chatplatform import roles

from . import locks, temporary
from .folders import Runtime, fresh_runtime
from .postgres import DATABASE, SUPERUSER, Postgres
from .process import EmbeddedError, wait_until
from .state import Layout, Part
from .valkey import Valkey

_LONGEST_PAUSE = 5.0
_ASKED_SECONDS = 5.0


@dataclass(slots=True)
class Keeper:
    """One part's keeper."""

    layout: Layout
    part: Part
    wake: tuple[int, int] = field(default_factory=os.pipe)
    ending: bool = False

    def run(self, ready: int) -> None:
        """Start the server, say so through the pipe `ready`, keep it up until nobody uses it."""
        lock = locks.open_lock(self.layout.run / f"{self.part}.keeper")
        wait_until(  # whoever asks whether it is held has it for a moment
            lambda: locks.try_exclusively(lock),
            alive=lambda: True,
            seconds=_ASKED_SECONDS,
            failure=lambda: f"Another process already keeps {self.part}.",
        )
        self._watch_signals()
        runtime = self._runtime()
        server = self.layout.server(self.part, runtime)
        try:
            self._start(server)
            os.write(ready, b"ready")
            os.close(ready)
            threading.Thread(target=self._wait_for_the_last_user, daemon=True).start()
            self._keep_up(server)
        finally:
            server.stop()
            runtime.remove()

    def _runtime(self) -> Runtime:
        """The folder of a run that was killed, so that its sockets' paths stay true; else a fresh one."""
        left = self.layout.runtime(self.part)
        if left.is_safe():
            temporary.claim(left.path)
            return left
        runtime = fresh_runtime(self.layout.account(self.part))
        self.layout.note(self.part, runtime)
        return runtime

    def _start(self, server: Postgres | Valkey) -> None:
        if isinstance(server, Valkey):
            server.start()
            return
        server.wait_for_predecessor()
        server.start()
        with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            roles.prepare(connection, database=DATABASE)
        with psycopg.connect(server.url(SUPERUSER), autocommit=True) as connection:
            roles.grant(connection, database=DATABASE)

    def _watch_signals(self) -> None:
        os.set_blocking(self.wake[1], False)
        signal.set_wakeup_fd(self.wake[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self._end())

    def _end(self) -> None:
        self.ending = True

    def _wait_for_the_last_user(self) -> None:
        fcntl.flock(locks.open_lock(self.layout.run / f"{self.part}.use"), fcntl.LOCK_EX)
        # Held until this process has ended: a new user waits for that and then starts a new keeper.
        self._end()
        with contextlib.suppress(BlockingIOError):
            os.write(self.wake[1], b"\0")

    def _keep_up(self, server: Postgres | Valkey) -> None:
        """Start the server again when it dies, more slowly each time that it dies soon."""
        pause = 0.0
        while not self.ending:
            select.select([self.wake[0]], [], [])
            os.read(self.wake[0], 1024)
            while self._is_missed(server):
                time.sleep(pause)
                pause = min(pause * 2 or 0.1, _LONGEST_PAUSE)
                with contextlib.suppress(EmbeddedError):
                    self._start(server)

    def _is_missed(self, server: Postgres | Valkey) -> bool:
        return not self.ending and (server.process is None or server.process.poll() is not None)


def main(part: str, var: str, ready: str) -> int:
    """Keep one part; a failure goes back through the pipe as one sentence."""
    os.umask(0o077)
    try:
        Keeper(Layout(Path(var)), Part(part)).run(int(ready))
    except (EmbeddedError, OSError, psycopg.Error) as error:
        with contextlib.suppress(OSError):
            os.write(int(ready), f"{part} cannot be started: {error}".encode())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
