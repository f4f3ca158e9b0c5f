"""What goes wrong besides kills: each mishap befalls a running installation again and again while clients talk, and takes nothing that was promised.

Danger: a disk that is filled, a server that is stopped. Rule: only what `House` started is touched, the disk that is filled is one in memory that was
mounted for it, and whatever was stopped goes on however this ends. Proof: tests/chatplatform/bench/chaos/test_mishaps.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from types import MappingProxyType
from typing import Final

from chatplatform.bench.chaos.clock import set_clock
from chatplatform.bench.chaos.house import SERVE as PLAIN
from chatplatform.bench.chaos.house import House
from chatplatform.bench.chat.processes import tree
from chatplatform.embedded.process import EmbeddedError

SKEWED: Final = ("-m", "chatplatform.bench.chaos.skewed")
_JUMPS: Final = (-3_600.0, -600.0, -30.0, 0.0, 30.0, 600.0)
"""Seconds off the true time. Much further ahead, sessions would rightly be over."""
_DISK_BYTES: Final = 768 * 1024 * 1024
_PIECE: Final = bytes(1024 * 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """`befall` does it and returns when it is over; between two lie `shortest` to `longest` seconds.

    `heals_within` is what clients need to find out by themselves, in seconds. `crowd` sockets are open besides that say nothing.
    """

    about: str
    befall: Callable[[House, random.Random], None]
    times: int = 5
    shortest: float = 1.0
    longest: float = 3.0
    serve: tuple[str, ...] = PLAIN
    heals_within: float = 0.0
    crowd: int = 0
    is_on_small_disk: bool = False
    loses_way: bool = False
    """Clients come by a relay, which carries nothing more of what is open when this befalls."""


@dataclass(slots=True)
class Mishaps:
    """One kind of them, as `Storm` kills."""

    house: House
    name: str
    mishap: Mishap
    chance: random.Random
    silence: Callable[[], None] = lambda: None
    killed: Counter[str] = field(default_factory=Counter)

    async def rage(self) -> None:
        """Until cancelled; what has begun is brought to its end by a thread of its own."""
        while True:
            await asyncio.sleep(self.chance.uniform(self.mishap.shortest, self.mishap.longest))
            if self.mishap.loses_way:
                self.silence()
            await asyncio.to_thread(self.mishap.befall, self.house, self.chance)
            self.killed[self.name] += 1


def flush_valkey(house: House, _: random.Random) -> None:
    """All that Valkey holds is gone."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(house.stage.valkey.socket))
        client.sendall(b"FLUSHALL\r\n")
        if not client.recv(64).startswith(b"+OK"):
            raise EmbeddedError("Valkey was not flushed.")


def stall_valkey(house: House, chance: random.Random) -> None:
    """Valkey takes connections and answers nobody, for longer than anybody waits for it."""
    _stall(house, "valkey", chance.uniform(1.0, 5.0))


def stall_postgres(house: House, chance: random.Random) -> None:
    """PostgreSQL with all of its sessions stands still, as on a disk that hangs."""
    _stall(house, "postgres", chance.uniform(1.0, 6.0))


def restart_postgres(house: House, _: random.Random) -> None:
    """As its administrator would: sessions are ended, and it is there again."""
    house.ask_to_end("postgres")


def restart_a_web_server(house: House, _: random.Random) -> None:
    """One after the other, each once the one before it is ready again."""
    names = sorted(name for name in house.members() if name.startswith("web-"))
    for name in names:
        house.ask_to_end(name)
        house.wait_until_ready()


def fill_the_disk(house: House, chance: random.Random) -> None:
    """Not a byte more for a while, for anybody."""
    ballast = house.folder.parent / "ballast"
    try:
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(_PIECE):
                pass
        sleep(chance.uniform(2.0, 5.0))
    finally:
        ballast.unlink(missing_ok=True)


def jump_clocks(house: House, chance: random.Random) -> None:
    """Each web server's clock is put to another wrong time."""
    for port in house.ports:
        set_clock(house.folder, port, chance.choice(_JUMPS))


def lose_the_way(_: House, __: random.Random) -> None:
    """The relay does it."""


MISHAPS: Final[Mapping[str, Mishap]] = MappingProxyType(
    {
        "valkey-flushed": Mishap(about="Valkey flushed", befall=flush_valkey, times=20, shortest=0.2, longest=1.0),
        "valkey-slow": Mishap(about="Valkey answers nobody for up to 5 s", befall=stall_valkey),
        "postgres-restarted": Mishap(about="PostgreSQL restarted", befall=restart_postgres, shortest=3.0, longest=5.0),
        "postgres-hung": Mishap(about="PostgreSQL stands still for up to 6 s", befall=stall_postgres),
        "disk-full": Mishap(about="the disk is full for up to 5 s", befall=fill_the_disk, is_on_small_disk=True),
        "half-open": Mishap(
            about="connections that carry nothing and are not closed",
            befall=lose_the_way,
            loses_way=True,
            shortest=4.0,
            longest=8.0,
            heals_within=20.0,
        ),
        "clock-jumps": Mishap(about="web servers' clocks jump by up to an hour", befall=jump_clocks, serve=SKEWED),
        "rolling-restart": Mishap(
            about="web servers restarted one after the other under 1,000 sockets",
            befall=restart_a_web_server,
            times=1,
            shortest=5.0,
            longest=5.0,
            crowd=1_000,
            heals_within=20.0,
        ),
    }
)


def _stall(house: House, name: str, seconds: float) -> None:
    pids = list(tree(house.pid_of(name)))
    try:
        _signal(pids, signal.SIGSTOP)
        sleep(seconds)
    finally:
        _signal(pids, signal.SIGCONT)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@contextlib.contextmanager
def small_disk(base: Path) -> Iterator[Path]:
    """A folder in memory that can be filled without harm; EmbeddedError where this account may not mount one."""
    folder = base / "small-disk"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = subprocess.run(  # noqa: S603
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES},mode=0700", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        raise EmbeddedError(
            "A disk of its own can be filled only by who may mount one: as root, outside of a container."
        )
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(folder)], check=False)  # noqa: S603
        folder.rmdir()
