"""`./test`: every check and every test. What fails is listed; pytest's closing line ends the output."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chatplatform import generated, tools
from chatplatform.console import say
from chatplatform.embedded import temporary

PROJECT = Path(__file__).resolve().parent.parent
_BIN = Path(sys.executable).parent
_HELP = """\
Runs every check and test, on real PostgreSQL and Valkey that it starts for itself, or on those of DATABASE_URL (a
superuser's: it makes databases there and drops them) and REDIS_URL.

Extra arguments go to pytest: ./test tests/security -k masking. CI=true makes a missing program (Chromium, node) a failure."""

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
    missing = tools.ensure()
    for sentence in missing:
        say(sentence)
    failed = missing if os.environ.get("CI") == "true" else []
    with _production() as production, ThreadPoolExecutor(2) as pool:
        for outcome in pool.map(_run, _checks(production)):
            say(f"{'ok    ' if outcome.passed else 'FAILED'} {outcome.check.name} ({outcome.seconds:.1f} s)")
            if not outcome.passed:
                say(outcome.output)
                failed = [*failed, outcome.check.name]
    code = subprocess.run([sys.executable, "-m", "pytest", *_parallel(for_pytest)], cwd=PROJECT, check=False)  # noqa: S603
    if failed:
        # On stderr, so that pytest's own line stays the last one of the report.
        sys.stderr.write(f"Failed before pytest: {', '.join(failed)}\n")
        sys.stderr.flush()
    return code.returncode or (1 if failed else 0)


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


def _parallel(arguments: list[str]) -> list[str]:
    """One process for each processor, unless told otherwise or asked for a debugger."""
    own = any(argument.startswith(("-n", "--numprocesses", "--pdb", "-p", "--co")) for argument in arguments)
    return arguments if own else ["-n", str(max(2, os.cpu_count() or 2)), *arguments]


if __name__ == "__main__":
    sys.exit(main())
