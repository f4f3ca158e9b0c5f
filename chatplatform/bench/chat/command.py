"""`manage.py bench chat`: options, and what becomes of them."""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from chatplatform.bench.chat import contest, figures, plot, tables
from chatplatform.bench.chat.contenders import BUILDERS
from chatplatform.embedded.process import EmbeddedError


class Impossible(RuntimeError):
    """Why nothing was measured, as one sentence."""


@dataclass(frozen=True, slots=True)
class Found:
    """The report; `faults` are messages that went wrong, which fails the command whatever was asked for."""

    text: str
    faults: list[str]
    shortfalls: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `bench chat` alone."""
    standard = contest.Plan()
    chat = parser.add_argument_group("chat")
    chat.add_argument("--only", default=",".join(BUILDERS), help="contenders, separated by commas (%(default)s)")
    chat.add_argument("--rounds", type=int, default=standard.rounds, help="how often each has its turn (%(default)s)")
    chat.add_argument("--seconds", type=float, default=standard.closed, help="of each loop in each turn (%(default)s)")
    chat.add_argument("--rate", type=float, default=standard.rate, help="messages/s of the open loop (%(default)s)")
    chat.add_argument("--conversations", type=int, default=standard.conversations, help="at once (%(default)s)")
    chat.add_argument("--plot", type=Path, metavar="FILE", help="write the medians as an SVG")
    chat.add_argument("--idle", type=int, default=standard.idle, help="sockets to measure memory by (%(default)s)")


def run(options: Mapping[str, Any], *, base: Path, say: contest.Say) -> Found:
    """Measure; `base` is a folder on a real disk."""
    plan = _plan(options)
    if sys.platform != "linux":
        raise Impossible("bench chat reads what processes cost from /proc, which only Linux has.")
    if importlib.util.find_spec("picows") is None:
        raise Impossible("bench chat needs what requirements-dev.txt names; ./test installs it.")
    with _ended_by_sigterm():
        try:
            outcome = contest.run(plan, base=base, say=say)
        except EmbeddedError as error:
            raise Impossible(str(error)) from None
    lines = tables.as_json(outcome) if options["json"] else tables.as_table(outcome, plan)
    found = figures.rows(outcome)
    if options["plot"]:
        options["plot"].write_text(plot.svg(found))
    return Found("\n".join(lines), figures.faults(found), figures.shortfalls(found))


def _plan(options: Mapping[str, Any]) -> contest.Plan:
    who = [name.strip() for name in options["only"].split(",")]
    if unknown := set(who) - set(BUILDERS):
        raise Impossible(f"--only knows {', '.join(BUILDERS)}, not {', '.join(sorted(unknown))}.")
    seconds = options["seconds"]
    return contest.Plan(
        who=who,
        rounds=options["rounds"],
        conversations=options["conversations"],
        idle=options["idle"],
        connects=min(options["idle"], contest.Plan().connects),
        closed=seconds,
        open=seconds,
        rate=options["rate"],
    )


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """As by Ctrl-C: everything that was started is ended."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
