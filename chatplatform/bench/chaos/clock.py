"""`python -m chatplatform.bench.chaos.clock`: the web server with a clock that can be put wrong while it runs, to show what hangs on it.

How wrong stands in a file for each port in the folder of the installation under test. Taken are `time.time`, Django's `timezone.now` and the writer's
clock, which is where the platform asks for the time; the event loop's own never jumps. Nothing in the product knows of this.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final, Self

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")

from django.core.management import execute_from_command_line
from django.utils import timezone

_WRONG_BY: Final = struct.Struct("!d")


def set_clock(folder: Path, port: int, seconds: float) -> None:
    """Have the server of this port be so far ahead; one that is started later begins with it."""
    path = _file(folder, port)
    with path.open("r+b" if path.exists() else "wb", buffering=0) as file:
        file.write(_WRONG_BY.pack(seconds))


def take_clock(folder: Path, port: int) -> None:
    """From now on this process believes the file."""
    if not _file(folder, port).exists():
        set_clock(folder, port, 0.0)
    with _file(folder, port).open("rb") as file:
        shared = mmap.mmap(file.fileno(), _WRONG_BY.size, access=mmap.ACCESS_READ)
    true_time = time.time

    def wrong_by() -> float:
        return float(_WRONG_BY.unpack(shared[: _WRONG_BY.size])[0])

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(seconds=wrong_by())

    from chat.live.writer import writer  # noqa: PLC0415 - models want settings that this file may be imported without

    writer.datetime = Wrong  # type: ignore[attr-defined]
    time.time = lambda: true_time() + wrong_by()
    timezone.now = lambda: Wrong.now(UTC)


def _file(folder: Path, port: int) -> Path:
    return folder / f"clock-{port}"


def main(arguments: list[str]) -> None:
    """Serve as `manage.py serve` does."""
    django.setup()
    (port,) = (int(argument.partition("=")[2]) for argument in arguments if argument.startswith("--port="))
    take_clock(Path(os.environ["VAR_DIR"]), port)
    execute_from_command_line(["manage.py", "serve", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
