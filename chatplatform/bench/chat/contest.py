"""All of `bench chat`: start the contenders, let each have its turn in every round, put together what was measured.

Rounds are interleaved, so that what else the machine does in a minute meets everybody. Who is not having its turn stands still (SIGSTOP).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from chatplatform import embedded
from chatplatform.bench.chat import node, processes
from chatplatform.bench.chat.contenders import BUILDERS, Contender, bare_environment
from chatplatform.bench.chat.stage import Stage
from chatplatform.embedded.process import EmbeddedError

_DYING_WITH_US: Final = [sys.executable, "-I", "-S", str(Path(embedded.__file__).with_name("child.py"))]
_LOAD: Final = [sys.executable, "-m", "chatplatform.bench.chat.load"]
SLOW: Final = frozenset({"stock"})
_TURN_SECONDS: Final = 120.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything. Times in seconds; `slow_rate` is the open loop's for who cannot carry `rate`."""

    who: Sequence[str] = tuple(BUILDERS)
    rounds: int = 3
    conversations: int = 64
    answerers: int = 8
    idle: int = 1_000
    connects: int = 200
    warm: float = 0.7
    closed: float = 2.5
    open: float = 2.5
    rate: float = 1_000.0
    slow_rate: float = 100.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What one contender did in one round."""

    contender: str
    round: int
    outcome: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contest:
    """Everything that was measured, and why who is missing does not take part."""

    turns: list[Turn]
    titles: dict[str, str]
    skipped: dict[str, str]


def run(plan: Plan, *, base: Path, say: Say) -> Contest:
    """Hold it; `base` is where folders are made."""
    servers, load = processes.processors()
    processes.pin(servers)
    skipped: dict[str, str] = {}
    turns: list[Turn] = []
    with Stage(base) as stage:
        contenders = []
        for name in plan.who:
            say(f"Starting {name}")
            try:
                contender = BUILDERS[name](stage, base / "node")
            except node.Missing as missing:
                skipped[name] = str(missing)
                continue
            contender.start(stage)
            contender.child.signal(signal.SIGSTOP)  # type: ignore[union-attr]  # it was just started
            contenders.append(contender)
        for number in range(plan.rounds):
            for contender in contenders:
                say(f"Round {number + 1} of {plan.rounds}: {contender.name}")
                turns.append(Turn(contender.name, number, _turn(plan, stage, contender, number, load)))
        return Contest(turns, {one.name: one.title for one in contenders}, skipped)


def _turn(plan: Plan, stage: Stage, contender: Contender, number: int, processor: int | None) -> dict[str, Any]:
    is_first = number == 0
    job = {
        "dialect": contender.dialect,
        "port": contender.port,
        "facts": contender.facts,
        "run": number + 1,
        "pids": {"server": contender.pid, **_stage_pids(stage)},
        "processor": processor,
        "conversations": plan.conversations,
        "answerers": plan.answerers,
        "idle": plan.idle if is_first else plan.connects,
        "measures_memory": is_first,
        "warm": plan.warm,
        "closed": plan.closed,
        "open": plan.open,
        "rate": plan.slow_rate if contender.name in SLOW else plan.rate,
        "masks": contender.masks,
    }
    with _awake(contender):
        done = subprocess.run(  # noqa: S603
            [*_DYING_WITH_US, str(os.getpid()), "", str(int(signal.SIGKILL)), *_LOAD],
            input=orjson.dumps(job),
            env=bare_environment(),
            capture_output=True,
            timeout=_TURN_SECONDS,
            check=False,
        )
    if done.returncode != 0:
        last = " ".join(done.stderr.decode().splitlines()[-3:])
        raise EmbeddedError(
            f"The load on {contender.name} failed: {last} (its log: {contender.log.read_text()[-800:]})"
        )
    outcome: dict[str, Any] = orjson.loads(done.stdout)
    return outcome


@contextmanager
def _awake(contender: Contender) -> Iterator[None]:
    child = contender.child
    if child is None:
        raise RuntimeError(f"{contender.name} does not run")
    child.signal(signal.SIGCONT)
    try:
        yield
    finally:
        child.signal(signal.SIGSTOP)


def _stage_pids(stage: Stage) -> dict[str, int]:
    found = {"postgres": stage.postgres.process, "valkey": stage.valkey.process}
    return {name: process.pid for name, process in found.items() if process is not None}


def as_lines(contest: Contest) -> Iterator[str]:
    """Every turn as a line of JSON, without each single latency."""
    for turn in contest.turns:
        found = {name: value for name, value in asdict(turn)["outcome"].items() if name != "latencies"}
        yield orjson.dumps({"contender": turn.contender, "round": turn.round, **found}).decode()
