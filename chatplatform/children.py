"""The processes that `./run` keeps up: started, watched, started again, stopped together."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chatplatform.embedded.process import open_log

_CHILD = str(Path(__file__).parent / "embedded" / "child.py")
_LONGEST_PAUSE = 10.0
_LIVED_LONG = 30.0


@dataclass(slots=True)
class Child:
    """One process and how it fares."""

    name: str
    command: Sequence[str]
    log: Path
    without: frozenset[str] = frozenset()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 0.0

    def start(self, environment: Mapping[str, str]) -> None:
        """Run it; it gets SIGTERM when this process dies, however that happens."""
        trampoline = [sys.executable, "-I", "-S", _CHILD, str(os.getpid()), "", str(int(signal.SIGTERM))]
        with open_log(self.log) as log:
            self.process = subprocess.Popen(  # noqa: S603
                [*trampoline, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we end the children in order
                env={name: value for name, value in environment.items() if name not in self.without},
            )
        self.started_at = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and to what it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


@dataclass(slots=True)
class Children:
    """All of them, in the order in which they are started; they stop in the same order, web first."""

    environment: Mapping[str, str]
    members: list[Child] = field(default_factory=list)

    def start(self, child: Child) -> None:
        """Start one more."""
        child.start(self.environment)
        self.members.append(child)

    def revive(self) -> list[str]:
        """Start again what has died, each time more slowly if it dies soon; the names of those started."""
        revived = []
        for child in self.members:
            if child.is_alive:
                continue
            lived = time.monotonic() - child.started_at
            if lived > _LIVED_LONG:
                child.pause = 0.0
            if lived < child.pause:
                continue
            child.pause = min(child.pause * 2 or 0.5, _LONGEST_PAUSE)
            child.signal(signal.SIGKILL)  # what it had started itself
            child.start(self.environment)
            revived.append(child.name)
        return revived

    def stop(self, patience: float) -> None:
        """End all: first asked, after `patience` seconds killed."""
        for child in self.members:
            if child.process is not None and child.is_alive:
                child.process.terminate()
        deadline = time.monotonic() + patience
        for child in self.members:
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.0, deadline - time.monotonic()))
        for child in self.members:
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
