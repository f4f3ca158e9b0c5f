"""How long a message takes in one organisation while another one is flooded: quiet and flooded windows in turns, so that noise meets both."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final
from uuid import uuid4

from chatplatform.bench.chaos.house import House
from chatplatform.bench.chat.processes import cpu_seconds, resident_bytes
from chatplatform.bench.flood.raw import HELLO, Raw, dial

CONVERSATIONS: Final = 8
RATE: Final = 40.0
"""Messages a second over all of them, at their times whatever became of those before."""
AT_LEAST: Final = {"slow-heads": 14.0, "slow-readers": 18.0}
"""Seconds that a window has to have, for what comes of it to be seen."""
_PATIENCE: Final = 10.0
"""Seconds after which a message is taken for lost; its time counts as so long."""


@dataclass(slots=True, kw_only=True)
class Found:
    """Of one attack. Seconds; bytes that the server grew by."""

    quiet: list[float] = field(default_factory=list)
    flooded: list[float] = field(default_factory=list)
    grown: int = 0
    busy: float = 0.0
    """Share of one processor that the server took while it was flooded."""
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def slower(self) -> float:
        """By what part the other organisation's p99 grew."""
        return median(self.flooded) / median(self.quiet) - 1


class Neighbour:
    """The organisation that is not flooded: visitors who write at a steady pace."""

    def __init__(self, port: int, path: str, origin: str) -> None:
        self._place = (port, path, origin)
        self._raws: list[Raw] = []
        self._waiting: dict[str, tuple[float, asyncio.Future[float]]] = {}
        self._listening: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Connect, and begin a conversation each."""
        for number in range(CONVERSATIONS):
            raw = await dial(*self._place, source=f"127.2.0.{number + 1}")
            raw.say(**HELLO)
            await raw.expect("welcome")
            self._raws.append(raw)
            self._listening.append(asyncio.create_task(self._listen(raw)))
            await self._say(raw, time.perf_counter())

    async def p99(self, seconds: float) -> float:
        """Of the messages of this long; each one's time begins when it was due."""
        begun, times = time.perf_counter(), []
        for place in range(int(seconds * RATE)):
            due = begun + place / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            times.append(self._say(self._raws[place % CONVERSATIONS], due))
        await asyncio.wait(times, timeout=_PATIENCE)
        found = sorted(one.result() if one.done() else _PATIENCE for one in times)
        return found[len(found) * 99 // 100]

    def _say(self, raw: Raw, due: float) -> asyncio.Future[float]:
        client_id, answer = str(uuid4()), asyncio.get_running_loop().create_future()
        self._waiting[client_id] = (due, answer)
        raw.say(type="message", client_id=client_id, text="Where is my parcel?")
        return answer

    async def _listen(self, raw: Raw) -> None:
        while True:
            frame = await raw.expect("ack")
            due, answer = self._waiting.pop(frame["client_id"])
            if not answer.done():
                answer.set_result(time.perf_counter() - due)

    def end(self) -> None:
        """Go."""
        for task in self._listening:
            task.cancel()
        for raw in self._raws:
            raw.writer.close()


async def flooded(home: House, people: list[dict[str, str]], name: str, *, rounds: int, seconds: float) -> Found:
    """So many rounds of `seconds` without and with this attack on the first organisation, seen from the second."""
    found = Found()
    neighbour = Neighbour(home.ports[0], f"/ws/visitor/{people[1]['site_key']}/", home.url)
    victim = {"port": home.ports[0], "path": f"/ws/visitor/{people[0]['site_key']}/", "origin": home.url}
    await neighbour.begin()
    await neighbour.p99(1.0)
    pid = home.pid_of("web-1")
    before = resident_bytes(pid)
    for _ in range(rounds):
        found.quiet.append(await neighbour.p99(seconds))
        attack = _attacked(name, victim)
        await asyncio.sleep(1.5)
        spent, begun = cpu_seconds(pid), time.perf_counter()
        found.flooded.append(await neighbour.p99(seconds))
        found.busy = max(found.busy, (cpu_seconds(pid) - spent) / (time.perf_counter() - begun))
        found.grown = max(found.grown, resident_bytes(pid) - before)
        found.counts.update(await asyncio.to_thread(_called_off, attack))
        await asyncio.sleep(1.0)
    neighbour.end()
    return found


def _attacked(name: str, victim: Mapping[str, Any]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "chatplatform.bench.flood.attack", name]
    attack = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    if attack.stdin is None:
        raise RuntimeError("no stdin")
    attack.stdin.write(json.dumps(victim) + "\n")
    attack.stdin.flush()
    return attack


def _called_off(attack: subprocess.Popen[str]) -> dict[str, int]:
    out, _ = attack.communicate("", timeout=_PATIENCE)
    return dict(json.loads(out))
