"""Folders below the system's temporary one, which a later start takes away if their process was killed.

Each holds a lock file that its process keeps locked: the kernel gives the lock back however the process ends. A folder
without one is somebody's who is just making it, or a stranger's: only after a day is it taken for a dead one.
"""

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from . import locks

PREFIX = "chatplatform-"
_LOCK = "in-use"
_DAY = 24 * 3600
_held: dict[Path, int] = {}


def make(purpose: str = "", *, base: Path | None = None) -> Path:
    """A fresh folder of this process, closed to everybody else."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX + purpose, dir=base))
    claim(path)
    return path


def claim(path: Path) -> None:
    """Say that this process uses the folder, be it new or left by one that was killed."""
    draft = path / f".{_LOCK}.{os.getpid()}"
    descriptor = locks.open_lock(draft)
    locks.try_exclusively(descriptor)
    draft.replace(path / _LOCK)  # locked before it is seen: nobody finds it free
    _held[path] = descriptor


def remove(path: Path) -> None:
    """Take the folder away."""
    shutil.rmtree(path, ignore_errors=True)
    descriptor = _held.pop(path, None)
    if descriptor is not None:
        os.close(descriptor)


def sweep(base: Path, *, now: float | None = None) -> list[Path]:
    """Take away what dead processes of this account left in `base`; which folders that were."""
    dead = [path for path in base.glob(f"{PREFIX}*") if _is_dead(path, time.time() if now is None else now)]
    for path in dead:
        remove(path)
    return dead


def _is_dead(path: Path, now: float) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return False
    if not (path / _LOCK).exists():
        return now - status.st_mtime > _DAY
    return not locks.is_held(path / _LOCK)
