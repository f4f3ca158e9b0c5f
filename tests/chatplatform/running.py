"""`./run` as a process that a test starts, watches and ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chatplatform.ports import free_port

PROJECT = Path(__file__).resolve().parents[2]
_CLEARED = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "CRYPTOGRAPHY_KEY", "AUDIT_SIGNING_KEY")
_MORE = ("DEBUG", "DEMO", "SITE_URL", "ALLOWED_HOSTS", "LOG_LEVEL")


def environment(**extra: str) -> dict[str, str]:
    """What a process is given: nothing of this test's own services."""
    kept = {name: value for name, value in os.environ.items() if name not in {*_CLEARED, *_MORE}}
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


@dataclass
class Run:
    """`./run` on a folder of its own, past its bootstrap, which has its own tests."""

    var: Path
    port: int = field(default_factory=free_port)
    extra: Mapping[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start it, return after its Ready line."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chatplatform.supervisor"],
            cwd=PROJECT,
            env=environment(PORT=str(self.port), VAR_DIR=str(self.var), **self.extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = []
        for line in self.process.stdout or ():
            self.said.append(line.rstrip())
            if line.startswith("Ready: "):
                return
        pytest.fail("\n".join(self.said))

    def end(self, number: signal.Signals) -> int:
        """Send the signal; the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def manage(self, *arguments: str) -> str:
        """Run a command with nothing said but VAR_DIR, and what `./run` was told."""
        command = [sys.executable, "manage.py", *arguments]
        alone = environment(VAR_DIR=str(self.var), **self.extra)
        return subprocess.run(command, cwd=PROJECT, env=alone, capture_output=True, text=True, check=True).stdout

    def processes(self) -> set[int]:
        """Those that live, know of our folder, and are neither this test nor dead already."""
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                words = (folder / "cmdline").read_text() + (folder / "environ").read_text(errors="replace")
                if str(self.var) in words and int(folder.name) != os.getpid():
                    found.add(int(folder.name))
        return found


def until(fact: Callable[[], bool], seconds: float = 60) -> None:
    """Return when the fact is there."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def refusal(var: Path, **extra: str) -> str:
    """What `./run` says when it does not start."""
    command = [sys.executable, "-m", "chatplatform.supervisor"]
    values = {"PORT": str(free_port()), "VAR_DIR": str(var), **extra}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment(**values), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    return done.stderr
