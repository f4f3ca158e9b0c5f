"""What `./test` makes of pytest's report and of its arguments."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatplatform.checks import arguments, keep_bytecode, last_when


def test_the_closing_line_waits_for_the_checks_and_no_other_line_does() -> None:
    told: list[str] = []
    lines = ["1 of 2\n", "2 of 2\n", "2 passed\n"]
    report = last_when(lambda: told.append("checked"), lines)
    while (line := next(report, None)) is not None:
        told.append(line.rstrip())
    assert [word for word in told if word] == ["1 of 2", "2 of 2", "checked", "2 passed"]


def test_the_checks_are_waited_for_when_pytest_says_nothing() -> None:
    told: list[str] = []
    assert "".join(last_when(lambda: told.append("checked"), [])) == ""
    assert told == ["checked"]


@pytest.mark.parametrize("own", ["-n0", "--pdb", "-pno:xdist", "--co"])
def test_processes_are_ours_to_choose_unless_somebody_has(own: str) -> None:
    assert "-n" in arguments(["tests/security"])
    assert "-n" not in arguments(["tests/security", own])


def test_the_report_ends_with_what_took_longest() -> None:
    assert "--durations=10" in arguments([])
    assert arguments(["--durations=0"]).index("--durations=0") > arguments(["--durations=0"]).index("--durations=10")


def test_what_one_process_has_compiled_the_others_do_not_compile_again(tmp_path: Path) -> None:
    (tmp_path / "loaded.py").touch()
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    keep_bytecode(environment)
    subprocess.run([sys.executable, "-c", "import loaded"], cwd=tmp_path, env=environment, check=True)
    assert list((tmp_path / "__pycache__").glob("loaded.*.pyc"))
