"""`python -m chatplatform.bench.flood.attack NAME`: floods until stdin ends; what came of it as JSON on stdout.

Each begins with a line of JSON on stdin that says where. Attackers have many addresses: all of 127.0.0.0/8 is this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from chatplatform.bench.flood.raw import CONTINUED, HELLO, PING, TEXT, Raw, Refused, dial, head

_MEBIBYTE: Final = 1024 * 1024


@dataclass(slots=True)
class Attack:
    """Where it goes, and what came of it."""

    port: int
    path: str
    origin: str
    counts: Counter[str] = field(default_factory=Counter)

    async def dial(self, number: int = 0, *, per_address: int = 10) -> Raw:
        """A socket from one of many addresses."""
        return await dial(self.port, self.path, self.origin, source=address(number // per_address))

    async def greeted(self, number: int = 0, *, per_address: int = 10) -> Raw:
        """As a visitor."""
        raw = await self.dial(number, per_address=per_address)
        raw.say(**HELLO)
        await raw.expect("welcome")
        return raw

    async def over_and_over(self, count: int, once: Callable[[int], Awaitable[None]]) -> None:
        """So many at once, each again and again."""

        async def one(number: int) -> None:
            while True:
                try:
                    await once(number)
                except Refused as why:
                    self.counts[f"refused {why}"] += 1
                    await asyncio.sleep(0.05)
                except (OSError, asyncio.IncompleteReadError):
                    self.counts["cut off"] += 1
                    await asyncio.sleep(0.05)

        await asyncio.gather(*(one(number) for number in range(count)))

    def end(self, code: int | None) -> None:
        """A socket was closed with it."""
        self.counts[f"closed {code or 'without a code'}"] += 1


def address(number: int) -> str:
    """One of this machine's own, each another client's to a server that counts addresses."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


async def messages(attack: Attack) -> None:
    """200 visitors from 20 addresses, each of whom writes as often as the limits let him, and ten times as often."""

    async def once(number: int) -> None:
        raw = await attack.greeted(number)
        listening = asyncio.create_task(_count_answers(attack, raw))
        try:
            while not listening.done():
                for _ in range(2):
                    raw.say(type="message", client_id=str(uuid4()), text="Buy now, while it is there")
                await raw.writer.drain()
                await asyncio.sleep(0.3)
        finally:
            listening.cancel()
            raw.writer.close()

    await attack.over_and_over(200, once)


async def _count_answers(attack: Attack, raw: Raw) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while True:
            kind, payload = await raw.receive()
            if kind == TEXT:
                frame = json.loads(payload)
                attack.counts[frame["code"] if frame["type"] == "error" else frame["type"]] += 1
            elif kind not in {PING, CONTINUED}:
                attack.counts["closed"] += 1
                return


async def frames(attack: Attack) -> None:
    """100 sockets from ten addresses that send whatever is cheapest, as fast as the wire takes it."""

    async def once(number: int) -> None:
        raw = await attack.greeted(number)
        for _ in range(2_000):
            raw.send(TEXT, b'{"type":"ping"}')
        await raw.writer.drain()
        attack.end(await raw.closed())
        raw.writer.close()

    await attack.over_and_over(100, once)


async def connects(attack: Attack) -> None:
    """Fifty at once from one address, opened, greeted, and dropped."""

    async def once(_: int) -> None:
        raw = await attack.dial(0)
        raw.say(**HELLO)
        try:
            await raw.expect("welcome")
            attack.counts["let in"] += 1
        finally:
            raw.writer.close()

    await attack.over_and_over(50, once)


async def control_frames(attack: Attack) -> None:
    """WebSocket pings, which the server answers before any of our code sees them."""
    pings = head(PING, 0) * 10_000

    async def once(number: int) -> None:
        raw = await attack.greeted(number)
        raw.writer.write(pings)
        await raw.writer.drain()
        attack.end(await raw.closed())
        raw.writer.close()

    await attack.over_and_over(10, once)


async def fragments(attack: Attack) -> None:
    """One message in fragments of no byte at all, which never grows too large."""
    empty = head(CONTINUED, 0, is_last=False) * 10_000

    async def once(number: int) -> None:
        raw = await attack.greeted(number)
        raw.send(TEXT, b"{", is_last=False)
        watching = asyncio.create_task(raw.closed())
        while not watching.done():
            raw.writer.write(empty)
            await raw.writer.drain()
        attack.end(await watching)
        raw.writer.close()

    await attack.over_and_over(10, once)


async def giants(attack: Attack) -> None:
    """Frames that say they have 64 MiB, and begin to send them."""
    piece = bytes(_MEBIBYTE)

    async def once(number: int) -> None:
        raw = await attack.greeted(number)
        raw.writer.write(head(TEXT, 64 * _MEBIBYTE))
        watching = asyncio.create_task(raw.closed())
        with contextlib.suppress(OSError):
            while not watching.done():
                raw.writer.write(piece)
                await raw.writer.drain()
                attack.counts["MiB sent"] += 1
        attack.end(await watching)
        raw.writer.close()

    await attack.over_and_over(10, once)


async def slow_heads(attack: Attack) -> None:
    """Four hundred requests, a byte of their heads each second."""

    async def once(number: int) -> None:
        source = (address(number // 100), 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", attack.port, local_addr=source)
        begun = time.monotonic()
        answer = asyncio.create_task(reader.read(100))
        for letter in b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"x" * 1_000:
            writer.write(bytes([letter]))
            await asyncio.wait({answer}, timeout=1.0)
            if answer.done():
                break
        attack.counts[f"ended after {round(time.monotonic() - begun, -1):.0f} s"] += 1
        writer.close()
        with contextlib.suppress(OSError):
            await answer

    await attack.over_and_over(400, once)


async def slow_readers(attack: Attack) -> None:
    """Five visitors ask for what was said, again and again, and read nothing of it."""

    async def once(number: int) -> None:
        raw = await attack.greeted(number, per_address=2)
        for _ in range(15):
            raw.say(type="message", client_id=str(uuid4()), text="x" * 7_900)
            await raw.expect("ack")
        raw.writer.transport.set_write_buffer_limits(0)
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]  # from here on nothing is read
        with contextlib.suppress(OSError):
            for _ in range(80):
                raw.say(type="history", before_seq=1_000_000, limit=100)
                await raw.writer.drain()
        attack.counts["asked and did not read"] += 1
        await asyncio.sleep(12)
        raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        attack.end(await raw.closed())
        raw.writer.close()

    await attack.over_and_over(5, once)


ATTACKS: Final[dict[str, Callable[[Attack], Awaitable[None]]]] = {
    "messages": messages,
    "frames": frames,
    "connects": connects,
    "control-frames": control_frames,
    "fragments": fragments,
    "giants": giants,
    "slow-heads": slow_heads,
    "slow-readers": slow_readers,
}


async def main(name: str) -> None:
    """Until whoever started this closes stdin."""
    place: dict[str, Any] = json.loads(sys.stdin.readline())
    attack = Attack(**place)
    os.nice(5)
    attacking = asyncio.ensure_future(ATTACKS[name](attack))
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait({attacking, ended}, return_when=asyncio.FIRST_COMPLETED)
    if attacking.done():
        attacking.result()  # it never ends by itself: what is wrong with it is said
    attacking.cancel()
    sys.stdout.write(json.dumps(dict(attack.counts)))
    sys.stdout.flush()
    os._exit(0)  # hundreds of sockets that nobody needs to close nicely


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
