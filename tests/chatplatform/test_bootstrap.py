"""How `.venv/` comes to be, in a checkout of its own with one small package: alone, at once, killed, and refused."""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

_PROJECT = Path(__file__).resolve().parents[2]
_STARTED = "the package was installed"


@dataclass(frozen=True, slots=True)
class Checkout:
    """The two scripts and the bootstrap, with a program behind them that needs the package."""

    folder: Path

    def begin(self, **extra: str) -> subprocess.Popen[str]:
        """`./run`, in a group of its own."""
        return subprocess.Popen(
            [self.folder / "run"],
            env={**os.environ, "PYTHON": sys.executable, "PYTHONUNBUFFERED": "1", **extra},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )

    def run(self, **extra: str) -> str:
        """All that it said."""
        said, _ = self.begin(**extra).communicate(timeout=180)
        return said


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Nothing is installed yet, and nothing is fetched from anywhere."""
    wheel = _wheel(tmp_path)
    folder = tmp_path / "checkout"
    (folder / "chatplatform").mkdir(parents=True)
    shutil.copy2(_PROJECT / "run", folder)
    shutil.copy2(_PROJECT / "chatplatform" / "bootstrap.py", folder / "chatplatform")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    # The marker of a pinned version is what the progress counts.
    (folder / "requirements.lock").write_text(f"tiny @ {wheel.as_uri()} --hash=sha256:{digest}  # ==1\n")
    (folder / "chatplatform" / "supervisor.py").write_text(f"import tiny\nprint({_STARTED!r})\n")
    return Checkout(folder)


def _wheel(folder: Path) -> Path:
    files = {
        "tiny.py": "",
        "tiny-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n",
        "tiny-1.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    path = folder / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, "tiny-1.dist-info/RECORD": record + "tiny-1.dist-info/RECORD,,\n"}.items():
            archive.writestr(name, text)
    return path


def test_the_first_time_makes_the_environment_and_the_second_finds_it(checkout: Checkout) -> None:
    first = checkout.run()
    assert "Making the virtual environment .venv …" in first
    assert "Installing 1 packages from requirements.lock …" in first
    assert first.endswith(f"{_STARTED}\n")
    assert checkout.run() == f"{_STARTED}\n"
    lock = checkout.folder / "requirements.lock"
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0"))
    refused = checkout.run()
    assert "Installing" in refused
    assert refused.endswith("The packages of requirements.lock could not be installed.\n")
    assert "Traceback" not in refused


def test_what_a_killed_bootstrap_left_half_written_is_completed(checkout: Checkout) -> None:
    with checkout.begin() as killed:
        for line in killed.stdout or ():
            if line.startswith("Installing"):
                os.killpg(killed.pid, signal.SIGKILL)
                break
    assert checkout.run().endswith(f"{_STARTED}\n")


def test_one_that_is_killed_alone_is_waited_for_by_the_next(checkout: Checkout) -> None:
    """What it had started still writes into `.venv`."""
    with checkout.begin() as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline().startswith("Making")
        killed.kill()
    assert checkout.run().endswith(f"{_STARTED}\n")


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    (checkout.folder / ".venv" / "bin").mkdir(parents=True)
    (checkout.folder / ".venv" / "bin" / "python").symlink_to("/nonexistent/python")
    assert checkout.run().endswith(f"{_STARTED}\n")


def test_of_two_at_once_one_installs_and_both_start(checkout: Checkout) -> None:
    both = [checkout.begin(), checkout.begin()]
    said = [process.communicate(timeout=180)[0] for process in both]
    assert [text.endswith(f"{_STARTED}\n") for text in said] == [True, True]
    assert "".join(said).count("Making") == 1


def test_a_signal_while_it_prepares_ends_it_without_a_traceback(checkout: Checkout) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with checkout.begin() as process:
            assert process.stdout is not None
            process.stdout.readline()
            os.killpg(process.pid, number)
            said = process.stdout.read()
        assert process.returncode == 1
        assert said.endswith("Stopped.\n")
        assert "bootstrap.py" not in said


@pytest.mark.parametrize("script", ["run", "test"])
def test_a_python_that_is_too_old_is_said(script: str, tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        [_PROJECT / script], env={**os.environ, "PYTHON": str(old)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed; found: Python 3.9.2. Install it, or name it in PYTHON.\n"


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_its_venv_module_is_said(checkout: Checkout, module: str) -> None:
    """Debian leaves it to a package of its own."""
    program = checkout.folder / "chatplatform" / "bootstrap.py"
    script = f"import runpy, sys; sys.modules[{module!r}] = None; sys.argv = ['', 'run']; "
    script += f"runpy.run_path({str(program)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert done.returncode == 1
    assert done.stderr == (
        "Python's venv module is missing; on Debian and Ubuntu install the package " + f"python{version}-venv.\n"
    )


def test_an_environment_that_cannot_be_made_is_said(checkout: Checkout) -> None:
    (checkout.folder / ".venv").write_text("a file")
    said = checkout.run()
    assert said.startswith("The environment .venv cannot be prepared: ")
    assert "Traceback" not in said
