"""`manage.py bench chat`, small: the real server, PostgreSQL and Valkey, the load; nothing is lost, and nothing is left."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import PROJECT

SMALL = ("--rounds", "1", "--seconds", "0.5", "--conversations", "6", "--idle", "10", "--rate", "50")


def command(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROJECT / "manage.py"), "bench", "chat", *words],
        env={**os.environ, "VAR_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def descendants(root: int) -> list[int]:
    """Whatever a process has started, directly or not, by a handle that outlives its number."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found, grown = found | more, bool(more)
    return [os.pidfd_open(pid) for pid in found - {root}]


def wait_for_end(handles: list[int]) -> None:
    for handle in handles:
        assert select.select([handle], [], [], 20)[0], "something is left"
        os.close(handle)


def test_nothing_is_lost_doubled_disordered_or_unmasked_and_the_report_is_whole(tmp_path: Path) -> None:
    with command(tmp_path, "--only", "raw,ours", "--json", *SMALL) as running:
        out, errors = running.communicate()
    assert running.returncode == 0, errors
    *turns, raw, ours, goals = [json.loads(line) for line in out.splitlines() if line]
    assert [turn["contender"] for turn in turns] == ["raw", "ours"]
    for turn in turns:
        assert turn["faults"] == {"lost": 0, "doubled": 0, "disordered": 0, "unmasked": 0}
        assert turn["messages"] > 0
        assert turn["connects_per_second"] > 0
        assert set(turn["cpu"]) == {"server", "postgres", "valkey"}
    assert raw["median"]["name"] == "raw"
    assert ours["median"]["p99"] >= ours["median"]["p50"] > 0
    assert ours["median"]["cpu_of"]["postgres"] > 0
    assert 0 < next(goal["value"] for goal in goals["goals"] if "raw floor" in goal["name"]) < 1
    assert not list((tmp_path / "bench").glob("chatplatform-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_running_when_it_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    with command(tmp_path, "--only", "raw", "--rounds", "9", "--seconds", "9", "--idle", "0") as running:
        assert running.stderr is not None
        while "Round 1" not in running.stderr.readline():
            assert running.poll() is None
        started = descendants(running.pid)
        assert len(started) > 5  # PostgreSQL's, Valkey, the floor, the load
        running.send_signal(number)
        running.wait(120)
        assert running.returncode != 0
    wait_for_end(started)


def test_a_contender_that_nobody_knows_is_named(tmp_path: Path) -> None:
    with command(tmp_path, "--only", "raw,theirs") as running:
        _, errors = running.communicate()
    assert running.returncode != 0
    assert "theirs" in errors
