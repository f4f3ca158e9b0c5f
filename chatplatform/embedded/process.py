"""Spawning, watching and stopping a server that must not outlive its parent."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_CHILD = str(Path(__file__).with_name("child.py"))


class EmbeddedError(RuntimeError):
    """Why an embedded part cannot run, as one sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Spawn:
    """What to start: `cwd` is entered before the privileges are dropped, so it may lie in a private folder."""

    command: Sequence[str]
    cwd: Path
    log: Path
    user: str = ""
    death_signal: signal.Signals = signal.SIGTERM

    def start(self) -> subprocess.Popen[bytes]:
        """The running process, in a group of its own so that Ctrl-C reaches it only through its parent."""
        trampoline = [sys.executable, "-I", "-S", _CHILD, str(os.getpid()), self.user, str(int(self.death_signal))]
        with open_log(self.log) as log:
            return subprocess.Popen(  # noqa: S603
                [*trampoline, *self.command],
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(),
            )


@contextlib.contextmanager
def open_log(path: Path) -> Iterator[int]:
    """`path` for appending, readable by its owner alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _environment() -> dict[str, str]:
    """Nothing of ours: the environment holds secrets, and PG* variables would redirect the server."""
    keep = ("PATH", "TZ", "TMPDIR")
    return {name: os.environ[name] for name in keep if name in os.environ} | {"LC_ALL": "C"}


def stop(process: subprocess.Popen[bytes], *, gently: signal.Signals, firmly: signal.Signals, patience: float) -> None:
    """Ask, then insist: returns once the process is gone."""
    for signal_number in (gently, firmly, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)


def wait_until(
    ready: Callable[[], bool], *, alive: Callable[[], bool], seconds: float, failure: Callable[[], str]
) -> None:
    """Poll `ready` until it holds; `failure` is raised when the time is up or the process has died.

    Polling, because neither server can notify without systemd; the first tries come quickly.
    """
    deadline, pause = time.monotonic() + seconds, 0.01
    while not ready():
        if not alive() or time.monotonic() > deadline:
            raise EmbeddedError(failure())
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def tail(path: Path, lines: int = 5) -> str:
    """The last lines of a log, for an error message."""
    try:
        return " ".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
