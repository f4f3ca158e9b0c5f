"""What processes cost, from /proc: processor time of a server with all that it started, and the memory of one. Linux only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")
_UTIME: Final = 11  # counted from behind the name, which may hold blanks
_CHILDREN: Final = slice(13, 15)


def cpu_seconds(root: int) -> float:
    """Of a process and its descendants, those that have ended included."""
    own = 0
    for place, pid in enumerate(tree(root)):
        fields = _stat(pid)
        if fields:
            own += sum(map(int, fields[_UTIME : _UTIME + 2]))
            own += sum(map(int, fields[_CHILDREN])) if place == 0 else 0
    return own / _TICKS


def resident_bytes(root: int) -> int:
    """Of a process and its descendants, as the kernel counts now, shared pages divided among those that share them."""
    total = 0
    for pid in tree(root):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def processors() -> tuple[int | None, int | None]:
    """One for the servers and one for the load; None twice where there is only one for both."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


def pin(processor: int | None) -> None:
    """Keep this process, and what it starts from now on, on one processor."""
    if processor is not None:
        os.sched_setaffinity(0, {processor})


def tree(root: int) -> Iterator[int]:
    """A process and its descendants."""
    yield root
    for task in (_PROC / str(root) / "task").glob("*"):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from tree(int(child))


def _stat(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
