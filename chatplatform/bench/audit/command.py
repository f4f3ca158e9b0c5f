"""`manage.py bench audit --pages N`, `--cost` and `--beside N`: options, and what becomes of them."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from chatplatform.bench.chat.contenders import bare_environment
from chatplatform.bench.chat.stage import Stage
from chatplatform.bench.reports.command import environment
from chatplatform.embedded.process import EmbeddedError

WANTED_MS: Final = 200.0
"""Of each page, whatever the filter."""
SLOWED_PERCENT: Final = 5.0
"""By which the events of acts may slow messages."""
COST_EVENTS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Found:
    """The report, and what is over what was agreed."""

    text: str
    shortfalls: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `bench audit` alone."""
    group = parser.add_argument_group("audit")
    group.add_argument("--pages", type=int, metavar="N", default=0, help="times of the pages over N events")
    group.add_argument(
        "--beside", type=int, metavar="N", default=0, help="messages with and without the events beside them, N rounds"
    )
    group.add_argument("--cost", action="store_true", help="what an event adds to a transaction")


def run(options: Mapping[str, Any], *, base: Path) -> Found:
    """Measure; `base` is a folder on a real disk."""
    with Stage(base) as stage:
        if options["beside"]:
            found = _measured(stage, "messages", str(options["beside"]))
        elif options["pages"]:
            found = _measured(stage, "measure", "pages", str(max(1_000, options["pages"])))
        else:
            found = _measured(stage, "measure", "cost", str(COST_EVENTS))
    text = orjson.dumps(found).decode() if options["json"] else "\n".join(as_lines(found))
    return Found(text, shortfalls(found))


def _measured(stage: Stage, module: str, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"chatplatform.bench.audit.{module}", *words]
    done = subprocess.run(  # noqa: S603
        command, env=bare_environment() | environment(stage), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise EmbeddedError(f"The trail could not be measured: {' '.join(done.stderr.decode().splitlines()[-3:])}")
    found: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return found


def shortfalls(found: Mapping[str, Any]) -> list[str]:
    """Pages that take longer than agreed, or read a whole table."""
    slow = [
        f"{name} takes {ms} ms, {WANTED_MS:.0f} wanted" for name, ms in found.get("pages", {}).items() if ms > WANTED_MS
    ]
    slowed = {how: found.get(f"{how}: slower by percent", 0.0) for how in ("paced", "flooded")}
    beside = [
        f"{how}: messages take {percent} % longer, {SLOWED_PERCENT:.0f} wanted"
        for how, percent in slowed.items()
        if percent > SLOWED_PERCENT
    ]
    return [*slow, *beside, *(f"{name} reads a whole table" for name in found.get("scans", ()))]


def as_lines(found: Mapping[str, Any]) -> list[str]:
    """For people: medians of five, in milliseconds, or microseconds and numbers."""
    if "pages" not in found:
        return [f"{name:<48}{value if isinstance(value, str) else f'{value:,}':>18}" for name, value in found.items()]
    head = [f"{found['events']:,} events, {found['megabytes']:,} MB; milliseconds, median of 5"]
    return [
        *head,
        *(f"{name:<48}{ms:>10}" for name, ms in found["pages"].items()),
        f"{'500 lines of an export':<48}{found['export page']:>10}",
    ]
