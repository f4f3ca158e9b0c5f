"""How wrong the clock of each web server is: a number in a file for each port, which its server (`skewed`) has before its eyes all the time."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

_SECONDS: Final = struct.Struct("!d")


def set_clock(folder: Path, port: int, seconds: float) -> None:
    """Have the server of this port be so far ahead; one that is started later begins with it."""
    path = _file(folder, port)
    with path.open("r+b" if path.exists() else "wb", buffering=0) as file:
        file.write(_SECONDS.pack(seconds))


def wrong_by(folder: Path, port: int) -> Callable[[], float]:
    """What tells it, as it is whenever it is asked."""
    if not _file(folder, port).exists():
        set_clock(folder, port, 0.0)
    with _file(folder, port).open("rb") as file:
        shared = mmap.mmap(file.fileno(), _SECONDS.size, access=mmap.ACCESS_READ)
    return lambda: float(_SECONDS.unpack(shared[: _SECONDS.size])[0])


def _file(folder: Path, port: int) -> Path:
    return folder / f"clock-{port}"
