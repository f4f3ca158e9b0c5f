"""`python -m chatplatform.bench.chat.load`: the load on one contender for one round, by a job on stdin; what was measured on stdout.

A process of its own on a processor of its own, so that what it costs is not taken for the server's. In the open loop a message's time begins when it
was due, not when it was sent: a server that stalls is not asked less meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from time import perf_counter, process_time
from typing import Any, Final

import orjson
import uvloop

from chatplatform.bench.chat import processes, words
from chatplatform.bench.chat.dialects import DIALECTS, Dialect, Talk
from chatplatform.bench.chat.tally import Faults, Tally
from chatplatform.bench.chat.wire import Wire

_LATE: Final = 10.0
"""Seconds that are waited for what is on its way at a phase's end."""
_AT_ONCE: Final = 32
_BEATS: Final = 10
_OPEN_FROM: Final = 1_000_000
"""The numbers of the open loop's messages: a `client_id` is used once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`pids` names the processes whose cost counts; `rate` is of the open loop, messages a second over all conversations."""

    dialect: str
    port: int
    facts: dict[str, Any]
    run: int
    pids: dict[str, int]
    processor: int | None
    conversations: int
    answerers: int
    idle: int
    warm: float
    closed: float
    open: float
    rate: float
    masks: bool = True
    measures_memory: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """One round. Times in seconds."""

    messages: int = 0
    per_second: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    client_busy: float = 0.0
    latencies: list[float] = field(default_factory=list)
    connects_per_second: float = 0.0
    idle_bytes: float | None = None
    heartbeat: float | None = None
    """Processor time of the server for one `ping` and its `pong`."""
    faults: Faults = field(default_factory=Faults)


class Load:
    """The phases, one after the other."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.dialect: Dialect = DIALECTS[job.dialect](job.port, job.facts, job.run)
        self.outcome = Outcome()

    async def run(self) -> Outcome:
        await self._connect()
        talks = await self.dialect.talks(self.job.conversations, self.job.answerers)
        gc.collect()
        gc.freeze()
        gc.disable()
        await self._closed(talks)
        if self.job.open:
            await self._open(talks)
        for talk in talks:
            await self.dialect.end(talk)
        await asyncio.sleep(0.3)  # what was said last is read before the sockets are closed
        return self.outcome

    async def _connect(self) -> None:
        """So many sockets that say nothing: how fast they are let in, and what the server's memory grows by."""
        if not self.job.idle:
            return
        for wire in [await self.dialect.idle(number) for number in range(_AT_ONCE)]:
            wire.close()
        before = processes.resident_bytes(self.job.pids["server"])
        begun = perf_counter()
        wires: list[Wire] = []
        places = iter(range(self.job.idle))

        async def some() -> None:
            for number in places:
                wires.append(await self.dialect.idle(number))  # noqa: PERF401 - shared by many

        await asyncio.gather(*(some() for _ in range(_AT_ONCE)))
        self.outcome.connects_per_second = self.job.idle / (perf_counter() - begun)
        if self.job.measures_memory:
            grown = processes.resident_bytes(self.job.pids["server"]) - before
            self.outcome.idle_bytes = grown / self.job.idle
            if self.dialect.ping:
                self.outcome.heartbeat = await self._heartbeat(wires, self.dialect.ping)
        for wire in wires:
            wire.close()

    async def _heartbeat(self, wires: list[Wire], ping: bytes) -> float:
        before = processes.cpu_seconds(self.job.pids["server"])
        for _ in range(_BEATS):
            for wire in wires:
                wire.send(ping)
            for wire in wires:
                await wire.expect("pong")
        return (processes.cpu_seconds(self.job.pids["server"]) - before) / (_BEATS * len(wires))

    def _tune_in(self, talks: list[Talk], tally: Tally) -> None:
        """From now on what each socket hears is counted."""
        for talk in talks:
            talk.writer.hear = self._hearing(tally, 0)
            talk.tab.hear = self._hearing(tally, 1)
            talk.answerer.hear = self._hearing(tally, 2)

    def _hearing(self, tally: Tally, receiver: int) -> Callable[[bytes], None]:
        wanted = self.dialect.message if receiver else self.dialect.ack
        place = words.delivered if receiver or wanted == self.dialect.message else words.acknowledged
        masks = self.job.masks

        def hear(frame: bytes) -> None:
            if not frame.startswith(wanted):
                return
            found = place(frame)
            if found is None:
                return
            if masks and found[1] % words.EVERY == words.CARD_AT and words.CARD in frame:
                tally.show_unmasked()
            tally.arrived(receiver, *found)

        return hear

    async def _closed(self, talks: list[Talk]) -> None:
        """One message on its way in each conversation, for as long as it takes."""
        writers = [talk.writer for talk in talks]
        is_over = False

        def next_one(conversation: int, _: int) -> None:
            if not is_over:
                writers[conversation].send(self.dialect.said(conversation, tally.send(conversation)))

        tally = Tally(len(talks), next_one)
        self._tune_in(talks, tally)
        for talk in talks:
            next_one(talk.number, 0)
        await asyncio.sleep(self.job.warm)
        before, begun, busy = self._spent(), perf_counter(), process_time()
        finished = tally.finished
        await asyncio.sleep(self.job.closed)
        seconds = perf_counter() - begun
        self.outcome.messages = tally.finished - finished
        self.outcome.per_second = self.outcome.messages / seconds
        self.outcome.client_busy = (process_time() - busy) / seconds
        self.outcome.cpu = {name: spent - before[name] for name, spent in self._spent().items()}
        is_over = True
        await self._drain(tally)

    async def _open(self, talks: list[Talk]) -> None:
        """Messages at their times, whatever has become of those before; the loop spins, since timers are a millisecond coarse."""
        due: dict[tuple[int, int], float] = {}
        latencies: list[float] = []

        def finished(conversation: int, number: int) -> None:
            latencies.append(perf_counter() - due.pop((conversation, number)))

        tally = Tally(len(talks), finished, first=_OPEN_FROM)
        self._tune_in(talks, tally)
        count, step = int(self.job.open * self.job.rate), 1 / self.job.rate
        begun = perf_counter()
        for place in range(count):
            at = begun + place * step
            while perf_counter() < at:  # noqa: ASYNC110 - a timer would be a millisecond late
                await asyncio.sleep(0)
            talk = talks[place % len(talks)]
            number = tally.send(talk.number)
            due[talk.number, number] = at
            talk.writer.send(self.dialect.said(talk.number, number))
        await self._drain(tally)
        self.outcome.latencies = latencies

    async def _drain(self, tally: Tally) -> None:
        """Wait for what is on its way, then note what never came."""
        deadline = perf_counter() + _LATE
        while not tally.is_complete and perf_counter() < deadline:  # noqa: ASYNC110 - looked at behind the measurement
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.05)  # a second copy comes after the first
        found, total = tally.faults, self.outcome.faults
        total.lost += found.lost
        total.doubled += found.doubled
        total.disordered += found.disordered
        total.unmasked += found.unmasked

    def _spent(self) -> dict[str, float]:
        return {name: processes.cpu_seconds(pid) for name, pid in self.job.pids.items()}


def main() -> None:
    job = Job(**orjson.loads(sys.stdin.buffer.read()))
    processes.pin(job.processor)
    outcome = uvloop.run(Load(job).run())
    sys.stdout.buffer.write(orjson.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
