"""`python -m chatplatform.bench.chaos.skewed`: the web server with a clock that can be put wrong while it runs, to show what hangs on it.

How wrong stands in a file for each port in the folder of the installation under test (`clock`). Taken are `time.time`, Django's `timezone.now` and the
writer's clock, which is where the platform asks for the time; the event loop's own never jumps. Nothing in the product knows of this.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

from django.core.management import execute_from_command_line
from django.utils import timezone

from chat.live.writer import writer
from chatplatform.bench.chaos.clock import wrong_by


def take_clock(folder: Path, port: int) -> None:
    """From now on this process believes the file."""
    wrong, true_time = wrong_by(folder, port), time.time

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(seconds=wrong())

    writer.datetime = Wrong  # type: ignore[attr-defined]
    time.time = lambda: true_time() + wrong()
    timezone.now = lambda: Wrong.now(UTC)


def main(arguments: list[str]) -> None:
    """Serve as `manage.py serve` does."""
    (port,) = (int(argument.partition("=")[2]) for argument in arguments if argument.startswith("--port="))
    take_clock(Path(os.environ["VAR_DIR"]), port)
    execute_from_command_line(["manage.py", "serve", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
