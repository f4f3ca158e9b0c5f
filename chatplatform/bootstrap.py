"""Makes the virtual environment in `.venv/` and hands over to the program inside of it.

Runs before anything is installed: the standard library only, and nothing else of this project. Several `./run` and
`./test` may begin at once on one checkout; a file lock lets one of them install while the others wait.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
_OLDEST = (3, 11)
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}
MODULES = {"run": "chatplatform.supervisor", "test": "chatplatform.checks"}


def main(command: str, arguments: list[str]) -> None:
    """Prepare for `command` (run, test), then become it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("Stopped."))
    if not (set(arguments) & {"-h", "--help"} and python().exists()):
        try:
            prepare(LOCKS[command])
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"The environment .venv cannot be prepared: {error}")
    os.chdir(PROJECT)
    program = str(python())
    os.execv(program, [program, "-m", MODULES[command], *arguments])  # noqa: S606


def python() -> Path:
    """The environment's interpreter."""
    return VENV / "bin" / "python"


def prepare(lock_name: str) -> None:
    """Have everything that the lock file names installed."""
    if not os.access(PROJECT, os.W_OK) and not VENV.exists():
        sys.exit(f"The folder {PROJECT} cannot be written, so .venv cannot be made there.")
    lock = PROJECT / lock_name
    VENV.mkdir(exist_ok=True)
    stamp = VENV / f"{lock.stem}.installed"
    if _is_current(stamp, lock):
        return
    with (VENV / ".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if _is_current(stamp, lock):  # somebody else has done it meanwhile
            return
        # What we start keeps the lock as long as it runs: if we are killed, the next one waits for it.
        _make(guard.fileno())
        _install(lock, guard.fileno())
        # Both locks name the same versions: installing one leaves the other's stamp true.
        stamp.write_text(_fingerprint(lock))


def _is_current(stamp: Path, lock: Path) -> bool:
    return python().exists() and stamp.exists() and stamp.read_text() == _fingerprint(lock)


def _fingerprint(lock: Path) -> str:
    """Of what is installed: the lock, and the environment's Python, for which pip chose."""
    return hashlib.sha256(lock.read_bytes() + (VENV / "pyvenv.cfg").read_bytes()).hexdigest()


def _make(guard: int) -> None:
    """The empty environment, unless a working one is there; whichever Python made it is the one that stays."""
    if python().exists() and _version_of(python()) >= _OLDEST and (VENV / "bin/pip").exists():
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        sys.exit(f"Python's venv module is missing; on Debian and Ubuntu install the package python{version}-venv.")
    print("Making the virtual environment .venv …", flush=True)
    for left in VENV.iterdir():  # all but the lock that we hold
        if left.name != ".lock":
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True, pass_fds=(guard,))  # noqa: S603


def _version_of(program: Path) -> tuple[int, ...]:
    code = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run([program, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    return tuple(int(number) for number in done.stdout.split())


def _install(lock: Path, guard: int) -> None:
    total = sum(1 for line in lock.read_text().splitlines() if "==" in line)
    command = [str(python()), "-m", "pip", "install", "--require-hashes", "--no-input", "--progress-bar=off"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "-r", str(lock)]
    print(f"Installing {total} packages from {lock.name} …", flush=True)
    piped: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, pass_fds=(guard,), **piped) as pip:  # noqa: S603
        seen, said = 0, []
        try:
            for line in pip.stdout or ():
                said.append(line)
                seen += line.startswith(("Collecting ", "Requirement already"))
                if line.startswith("Collecting ") and seen % 20 == 0:
                    print(f"  {min(seen, total)} of {total}", flush=True)
                if line.startswith("Installing collected"):
                    print("  All are there; unpacking them …", flush=True)
        except BaseException:
            pip.kill()
            raise
    if pip.returncode != 0:
        sys.exit("".join(said[-15:]) + f"\nThe packages of {lock.name} could not be installed.")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
