"""`./test`: every check and every test. What fails is listed; pytest's closing line ends the output.

The checks run beside pytest, one after another: its processes wait for servers and browsers often enough.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatplatform import generated, tools
from chatplatform.console import say
from chatplatform.embedded import temporary

PROJECT = Path(__file__).resolve().parent.parent
_BIN = Path(sys.executable).parent
_HELP = """\
Runs every check and test, on real PostgreSQL and Valkey that it starts for itself, or on those of DATABASE_URL (a
superuser's: it makes databases there and drops them) and REDIS_URL.

Extra arguments go to pytest: ./test tests/security -k masking. CI=true makes a missing program (Chromium, node) a failure."""

# Everything is slow sooner or later: the report ends with what took longest.
_SLOWEST = ("--durations=10", "--durations-min=0.5")
_INTERRUPTED = 130
# With these somebody talks with pytest, or it with the terminal.
_TALKING = ("--pdb", "--trace", "-s", "--capture=no")
# What the tests' servers are named by is not for the checks.
_OURS = frozenset({"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"})


@dataclass(frozen=True, slots=True)
class Check:
    """A command that has to succeed."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check went."""

    check: Check
    passed: bool
    output: str
    seconds: float


def main() -> int:
    """0 when all pass."""
    parser = argparse.ArgumentParser("./test", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    _, for_pytest = parser.parse_known_args()
    keep_bytecode(os.environ)
    missing = tools.ensure()
    for sentence in missing:
        say(sentence)
    failed = missing if os.environ.get("CI") == "true" else []
    with _production() as production, ThreadPoolExecutor(1) as pool:
        outcomes = [pool.submit(_told, check) for check in _checks(production)]

        def checked() -> list[str]:
            return [outcome.check.name for future in outcomes if not (outcome := future.result()).passed]

        try:
            code = run_pytest(arguments(for_pytest), checked)
            failed = [*failed, *checked()]
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            return _INTERRUPTED
    if failed:
        # On stderr, so that pytest's own line stays the last one of the report.
        sys.stderr.write(f"Failed beside pytest: {', '.join(failed)}\n")
        sys.stderr.flush()
    return code or (1 if failed else 0)


def keep_bytecode(environment: MutableMapping[str, str]) -> None:
    """Hundreds of processes load the project here: each would compile all of it anew, which is a third of its start."""
    environment.pop("PYTHONDONTWRITEBYTECODE", None)


def _checks(production: Mapping[str, str]) -> Iterator[Check]:
    """The long ones first."""
    python, manage = sys.executable, [sys.executable, "-W", "error", "manage.py"]
    development = {"DEBUG": "1", "VAR_DIR": production["VAR_DIR"]}
    yield Check("mypy", [python, "-m", "mypy", "."], development)
    yield Check("ruff check", [str(_BIN / "ruff"), "check", "."])
    yield Check("ruff format", [str(_BIN / "ruff"), "format", "--check", "."])
    yield Check("lint-imports", [str(_BIN / "lint-imports"), "--no-cache"])
    yield Check("check --deploy", [*manage, "check", "--deploy", "--fail-level=WARNING"], production)
    # Without a database it warns that it cannot compare histories; models and files are what is compared here.
    offline = [python, "-W", "ignore::RuntimeWarning", "manage.py"]
    yield Check("makemigrations", [*offline, "makemigrations", "--check", "--dry-run"], production)
    yield Check("djlint", [python, "-m", "djlint", "templates", "--lint", "--quiet"])
    node = shutil.which("node")
    scripts = sorted(str(path) for path in (PROJECT / "tests" / "js").rglob("*.test.js"))
    if node and scripts:
        yield Check("node --test", [node, "--test", *scripts])


def _told(check: Check) -> Outcome:
    outcome = _run(check)
    said = f"{'ok    ' if outcome.passed else 'FAILED'} {check.name} ({outcome.seconds:.1f} s)"
    say(said if outcome.passed else f"{said}\n{outcome.output}")
    return outcome


def _run(check: Check) -> Outcome:
    begun = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in _OURS}
    done = subprocess.run(  # noqa: S603
        check.command,
        cwd=PROJECT,
        env={**environment, **check.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(check, done.returncode == 0, done.stdout, time.monotonic() - begun)


@contextmanager
def _production() -> Iterator[Mapping[str, str]]:
    """Settings as in production; nothing is behind the addresses, since checks without a database ask for none."""
    folder = temporary.make("checks-")
    try:
        yield {
            "DEBUG": "0",
            "DEMO": "0",
            "VAR_DIR": str(folder),
            "SECRET_KEY": generated.fresh("SECRET_KEY"),
            "CRYPTOGRAPHY_KEY": generated.fresh("CRYPTOGRAPHY_KEY"),
            "AUDIT_SIGNING_KEY": generated.fresh("AUDIT_SIGNING_KEY"),
            "SITE_URL": "https://chat.example.com",
            "ALLOWED_HOSTS": "chat.example.com",
            "DATABASE_URL": "postgresql://chat_app@127.0.0.1:1/chatplatform",
            "DATABASE_OWNER_URL": "postgresql://chat_owner@127.0.0.1:1/chatplatform",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "EMAIL_URL": "smtps://127.0.0.1:1",
        }
    finally:
        temporary.remove(folder)


def run_pytest(given: Sequence[str], checked: Callable[[], object]) -> int:
    """Its exit code; its last line is said when `checked` has returned, other lines as they come."""
    command = [sys.executable, "-m", "pytest", *given]
    if any(argument.startswith(_TALKING) for argument in given):
        checked()
        return subprocess.run(command, cwd=PROJECT, check=False).returncode  # noqa: S603
    environment = os.environ | {"COLUMNS": str(shutil.get_terminal_size().columns)}
    if sys.stdout.isatty():
        environment.setdefault("PY_COLORS", "1")
    piped: dict[str, Any] = {"stdout": subprocess.PIPE, "text": True, "errors": "replace"}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, **piped) as pytest:  # noqa: S603
        lines = pytest.stdout or ()
        try:
            for line in last_when(checked, lines):
                sys.stdout.write(line)  # whole lines: what is said of the checks comes between
                sys.stdout.flush()
        except KeyboardInterrupt:
            sys.stdout.writelines(lines)  # Ctrl-C has reached pytest too: it stops its servers and says so
            raise
    return pytest.returncode


def last_when(ready: Callable[[], object], lines: Iterable[str]) -> Iterator[str]:
    """All lines as they come, but the last only after `ready` has returned."""
    held = ""
    for line in lines:
        yield held
        held = line
    ready()
    yield held


def arguments(given: Sequence[str]) -> list[str]:
    """Pytest's: two processes for each processor, unless told otherwise or asked for a debugger.

    Each of them waits almost half of its time for a server, a browser or a deadline.
    """
    own = any(argument.startswith(("-n", "--numprocesses", "--pdb", "-p", "--co")) for argument in given)
    parallel = [] if own else ["-n", str(max(2, os.cpu_count() or 2) * 2), "--dist=worksteal"]
    return [*_SLOWEST, *parallel, *given]


if __name__ == "__main__":
    sys.exit(main())
