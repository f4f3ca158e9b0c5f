"""`./run` as people use it: started, killed, started again, ended."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.services.web import free_port

PROJECT = Path(__file__).resolve().parents[2]
_CLEARED = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "CRYPTOGRAPHY_KEY", "AUDIT_SIGNING_KEY")
_MORE = ("DEBUG", "DEMO", "SITE_URL", "ALLOWED_HOSTS", "LOG_LEVEL")


def _environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {*_CLEARED, *_MORE}}
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


@dataclass
class Run:
    """`./run` on a folder of its own, past its bootstrap, which has its own tests."""

    var: Path
    port: int = field(default_factory=free_port)
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start it, return after its Ready line."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chatplatform.supervisor"],
            cwd=PROJECT,
            env=_environment(PORT=str(self.port), VAR_DIR=str(self.var)),
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
        """Run a command with nothing but VAR_DIR said."""
        command = [sys.executable, "manage.py", *arguments]
        environment = _environment(VAR_DIR=str(self.var))
        return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True).stdout

    def processes(self) -> set[int]:
        """Those that live, know of our folder, and are neither this test nor dead already."""
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                words = (folder / "cmdline").read_text() + (folder / "environ").read_text(errors="replace")
                if str(self.var) in words and int(folder.name) != os.getpid():
                    found.add(int(folder.name))
        return found


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Nothing of it is left afterwards."""
    run = Run(tmp_path / "var")
    yield run
    with contextlib.suppress(AttributeError, ProcessLookupError):
        run.process.kill()
        run.process.communicate()
    _until(lambda: not run.processes())


def _until(fact: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_it_starts_ends_and_continues_with_the_same_data(run: Run) -> None:
    run.start()
    assert run.said[-1] == f"Ready: http://127.0.0.1:{run.port}/"
    assert any("keys lie beside the data" in line for line in run.said)
    assert httpx.get(f"http://127.0.0.1:{run.port}/readyz").json()["ready"] is True
    assert (run.var / "secrets" / "SECRET_KEY").stat().st_mode & 0o777 == 0o600
    key = (run.var / "secrets" / "SECRET_KEY").read_text()
    shell = ["shell", "-v0", "-c"]
    run.manage(*shell, "from django.core.cache import cache; cache.set('a', 1)")  # joins the running parts
    made = "from django.contrib.sessions.models import Session; from django.utils import timezone; "
    run.manage(*shell, made + "Session.objects.create(session_key='kept', session_data='', expire_date=timezone.now())")
    assert run.end(signal.SIGTERM) == 0
    assert run.processes() == set()
    count = "from django.contrib.sessions.models import Session; print(Session.objects.count())"
    assert run.manage(*shell, count).strip().endswith("1")  # starts the parts for itself
    _until(lambda: not run.processes())
    run.start()
    assert not any("migrations" in line for line in run.said)
    assert (run.var / "secrets" / "SECRET_KEY").read_text() == key
    assert run.end(signal.SIGINT) == 0


def test_after_kill_9_nothing_is_orphaned_and_it_starts_again(run: Run) -> None:
    run.start()
    everything = run.processes()
    assert len(everything) >= 6  # itself, two keepers, web, worker, beat
    run.process.kill()
    run.process.communicate()
    _until(lambda: not run.processes())
    run.start()
    assert httpx.get(f"http://127.0.0.1:{run.port}/readyz").status_code == 200


def test_a_web_process_that_is_killed_comes_back(run: Run) -> None:
    run.start()
    web = next(pid for pid in run.processes() if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(web, signal.SIGKILL)

    def is_back() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{run.port}/healthz").status_code == 200
        return False

    _until(is_back)


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ({"PORT": "http"}, "PORT must be a whole number from 1 to 65535."),
        ({"DEBUG": "yes please"}, "DEBUG must be 1 or 0."),
        ({"SITE_URL": "https://chat.example.com"}, "DEMO is refused with a SITE_URL others can reach"),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL must be a postgresql:// URL"),
        ({"DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}, "DATABASE_URL cannot be reached"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(extra: dict[str, str], sentence: str, tmp_path: Path) -> None:
    said = _refusal(PORT=extra.pop("PORT", str(free_port())), VAR_DIR=str(tmp_path / "var"), **extra)
    assert sentence in said
    assert "Traceback" not in said


def test_a_taken_port_is_said_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        said = _refusal(PORT=str(port), VAR_DIR=str(tmp_path / "var"))
    assert said.startswith(f"Port {port} cannot be used (Address already in use); choose another: PORT=")
    assert not (tmp_path / "var").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = _refusal(PORT=str(free_port()), VAR_DIR=str(tmp_path / "file" / "var"))
    assert said.startswith("VAR_DIR ")
    assert "cannot be made: Not a directory." in said


def _refusal(**extra: str) -> str:
    command = [sys.executable, "-m", "chatplatform.supervisor"]
    done = subprocess.run(
        command, cwd=PROJECT, env=_environment(**extra), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    return done.stderr


def test_help_says_what_can_be_chosen() -> None:
    done = subprocess.run([PROJECT / "run", "--help"], capture_output=True, text=True, timeout=60, check=True)
    for name in ("PORT", "VAR_DIR", "DATABASE_URL", "REDIS_URL", "DEMO"):
        assert name in done.stdout
