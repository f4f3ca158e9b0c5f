"""`./run` as people use it: started, killed, started again, ended."""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chatplatform.ports import free_port
from tests.chatplatform.running import PROJECT, Run, refusal, until

# Filling in the demo takes longer than all the rest, and what dies and comes back has nothing to do with it.
SECURE = pytest.mark.parametrize("run", [pytest.param({"DEMO": "0", "HTTPS": "1"}, id="secure")], indirect=True)


@pytest.fixture
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    """Nothing of it is left afterwards; a test may say what else it is given."""
    run = Run(tmp_path / "var", extra=getattr(request, "param", {}))
    yield run
    with contextlib.suppress(AttributeError, ProcessLookupError):
        run.process.kill()
        run.process.communicate()
    until(lambda: not run.processes())


def test_it_starts_ends_and_continues_with_the_same_data(run: Run) -> None:
    run.start()
    assert run.said[-1] == f"Ready: http://127.0.0.1:{run.port}/"
    assert any("keys lie beside the data" in line for line in run.said)
    assert httpx.get(f"http://127.0.0.1:{run.port}/readyz").json()["ready"] is True
    assert (run.var / "secrets" / "SECRET_KEY").stat().st_mode & 0o777 == 0o600
    assert refusal(run.var).startswith(f"Another ./run already uses {run.var}; end it, or choose another folder: ")
    key = (run.var / "secrets" / "SECRET_KEY").read_text()
    shell = ["shell", "-v0", "-c"]
    made = "from django.contrib.sessions.models import Session; from django.utils import timezone; "
    made += "Session.objects.create(session_key='kept', session_data='', expire_date=timezone.now()); "
    made += "from django.core.cache import cache; cache.set('a', 1)"
    run.manage(*shell, made)  # joins the running parts
    assert run.end(signal.SIGTERM) == 0
    assert run.processes() == set()
    count = "from django.contrib.sessions.models import Session; print(Session.objects.count())"
    assert run.manage(*shell, count).strip().endswith("1")  # starts the parts for itself
    until(lambda: not run.processes())
    run.start()
    assert not any("migrations" in line for line in run.said)
    assert (run.var / "secrets" / "SECRET_KEY").read_text() == key
    assert run.end(signal.SIGINT) == 0


@SECURE
def test_what_is_killed_leaves_no_orphans_and_starts_again_over_https_as_well(run: Run) -> None:
    run.start()
    assert run.said[-1] == f"Ready: https://127.0.0.1:{run.port}/"
    assert "PRIVATE" not in (run.var / "localhost.crt").read_text()
    everything = run.processes()
    assert len(everything) >= 6  # itself, two keepers, web, worker, beat
    web = next(pid for pid in everything if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(web, signal.SIGKILL)
    until(lambda: web not in run.processes() and answers(run))  # brought back by ./run
    run.process.kill()
    run.process.communicate()
    until(lambda: not run.processes())
    run.start()
    assert answers(run)
    run.process.kill()
    run.process.communicate()
    run.start()  # at once: what was killed is still ending
    assert answers(run)


def answers(run: Run) -> bool:
    believed = ssl.create_default_context(cafile=run.var / "localhost.crt")
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"https://localhost:{run.port}/readyz", verify=believed).status_code == 200
    return False


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
    said = refusal(tmp_path / "var", **extra)
    assert sentence in said
    assert "Traceback" not in said


def test_a_taken_port_is_said_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        said = refusal(tmp_path / "var", PORT=str(port))
    assert said.startswith(f"Port {port} cannot be used (Address already in use); choose another: PORT=")
    assert not (tmp_path / "var").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refusal(tmp_path / "file" / "var")
    assert said.startswith("VAR_DIR ")
    assert "cannot be made: Not a directory." in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir(mode=0o500)
    assert "cannot be made: Permission denied." in refusal(tmp_path / "var")


def test_help_says_what_can_be_chosen() -> None:
    done = subprocess.run([PROJECT / "run", "--help"], capture_output=True, text=True, timeout=60, check=True)
    for name in ("PORT", "VAR_DIR", "DATABASE_URL", "REDIS_URL", "DEMO"):
        assert name in done.stdout
