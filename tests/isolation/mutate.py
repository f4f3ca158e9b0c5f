"""The mutation proof: plants each leak in a copy of the tree, runs the tests that should catch it, and says which one did.

    .venv/bin/python -m tests.isolation.mutate [--only 7 | --only 1-60 | --only "the queue"]

The working tree is not touched. First the same tests run without any leak, and must pass. A leak counts as caught where a test fails, not where
the code cannot be imported. The exit status is 1 where fewer than 97 % are caught.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .leak import Leak
from .leaks import LEAKS

PROJECT: Final = Path(__file__).resolve().parents[2]
WANTED: Final = 0.97
_LEFT_OUT: Final = shutil.ignore_patterns(".git", ".venv", "var", "node_modules", "__pycache__", ".*_cache", "dist")
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (tests/\S+)", re.MULTILINE)
_TAIL: Final = 15


@dataclass(frozen=True, slots=True)
class Run:
    """How the tests ended."""

    status: int
    output: str

    @property
    def caught_by(self) -> str | None:
        """The first test that failed; None also where nothing could be run."""
        found = _FAILED.search(self.output)
        return found[1] if self.status == 1 and found else None


def run(project: Path, tests: Iterable[str]) -> Run:
    """These tests in that tree, up to the first that fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done = subprocess.run(
        [*command, *tests],
        cwd=project,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr)


def chosen(only: str) -> list[tuple[int, Leak]]:
    """Leaks with their numbers: one, a range, or those whose name holds the word."""
    numbered = list(enumerate(LEAKS, start=1))
    span = re.fullmatch(r"(\d+)(?:-(\d+))?", only)
    if span is None:
        return [(number, leak) for number, leak in numbered if only in leak.name]
    first, last = int(span[1]), int(span[2] or span[1])
    return [(number, leak) for number, leak in numbered if first <= number <= last]


def prove(project: Path, leaks: Sequence[tuple[int, Leak]]) -> int:
    """Plant, test and take back each leak; how many were caught."""
    caught = 0
    for number, leak in leaks:
        source = leak.plant(project)
        try:
            ended = run(project, leak.tests)
        finally:
            (project / leak.path).write_text(source)
        caught += ended.caught_by is not None
        verdict = f"caught  {leak.name}  {ended.caught_by}" if ended.caught_by else f"MISSED  {leak.name}"
        _say(f"{number:4}  {verdict}")
        if ended.caught_by is None and ended.status != 0:
            _say("\n".join(ended.output.splitlines()[-_TAIL:]))
    return caught


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the proof; the exit status."""
    parser = argparse.ArgumentParser(
        description="Seeds leaks into a copy of the tree and says which test catches each."
    )
    parser.add_argument("--only", default="", help="a number, a range such as 1-60, or words of the name")
    leaks = chosen(parser.parse_args(arguments).only)
    with tempfile.TemporaryDirectory(prefix="leaks-") as folder:
        project = Path(folder) / "tree"
        shutil.copytree(PROJECT, project, ignore=_LEFT_OUT)
        control = run(project, sorted({test for _, leak in leaks for test in leak.tests}))
        if control.status != 0:
            _say(f"Without a leak these tests do not pass:\n{control.output}")
            return 2
        caught = prove(project, leaks)
    _say(f"{caught} of {len(leaks)} leaks caught ({caught / len(leaks):.1%})")
    return 0 if caught >= WANTED * len(leaks) else 1


if __name__ == "__main__":
    sys.exit(main())
