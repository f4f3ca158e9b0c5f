"""What befalls an installation in `bench chaos --mishap`, each on something small and real; the runs themselves take a minute."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from chatplatform.bench.chaos import mishaps
from chatplatform.bench.chaos.house import House
from chatplatform.bench.chaos.relay import fall_silent, relays
from chatplatform.bench.chat.processes import tree


async def test_a_lost_way_carries_nothing_and_is_closed_by_nobody() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(100):
            heard.put_nowait(said)
            writer.write(said)
        heard.put_nowait(b"")
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, relays([server.sockets[0].getsockname()[1]]) as (made, urls):
        port = int(urls[0].rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"
        fall_silent(made)
        writer.write(b"after")
        _, later = await asyncio.open_connection("127.0.0.1", port)
        later.write(b"another")
        assert [await heard.get(), await heard.get()] == [b"before", b"another"], "Whoever comes anew gets through"
        writer.close()
        later.close()
        assert await heard.get() == b"", "The one whose way is not lost has ended"
        assert heard.empty(), "The server is not told that the other one is gone"


def test_a_server_believes_the_clock_that_it_was_given(tmp_path: Path) -> None:
    """In a process of its own, since it changes what everybody there believes."""
    program = (
        "import pathlib, sys, time; from chatplatform.bench.chaos import clock, skewed\n"
        "before, folder = time.time(), pathlib.Path(sys.argv[1]); skewed.take_clock(folder, 8000)\n"
        "clock.set_clock(folder, 8000, 3600.0)\n"
        "wrong = (time.time(), skewed.timezone.now().timestamp(), skewed.writer._utc_now().timestamp())\n"
        "assert all(3500 < found - before < 3700 for found in wrong), wrong\n"
        "clock.set_clock(folder, 8000, 0.0); assert time.time() - before < 100\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=60)


def test_who_stands_still_goes_on_with_all_that_it_has_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if what happens meanwhile fails."""
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        everybody = list(tree(process.pid))
        house = cast("House", SimpleNamespace(pid_of=lambda _: process.pid))

        def look(_: float) -> None:
            until_all(everybody, are_stopped=True)
            raise InterruptedError

        monkeypatch.setattr(mishaps, "sleep", look)
        with pytest.raises(InterruptedError):
            mishaps.stall_valkey(house, random.Random(1))  # noqa: S311 - how long, nothing else
        until_all(everybody, are_stopped=False)
        assert len(everybody) == 2
        for pid in everybody:
            os.kill(pid, signal.SIGKILL)


def until_all(pids: list[int], *, are_stopped: bool) -> None:
    """The kernel stops others' processes in its own time, and tells their parents alone."""
    deadline = time.monotonic() + 30
    while any((state(pid) == "T") is not are_stopped for pid in pids):
        assert time.monotonic() < deadline
        os.sched_yield()


def state(pid: int) -> str:
    """Of a process: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
