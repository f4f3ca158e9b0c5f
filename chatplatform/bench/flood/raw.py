"""A WebSocket by hand: what a library would not send is sent byte by byte."""

from __future__ import annotations

import asyncio
import json
import os
import struct
from dataclasses import dataclass
from typing import Any, Final

TEXT, CONTINUED, CLOSE, PING = 0x1, 0x0, 0x8, 0x9
_FIN: Final = 0x80
_MASKED: Final = 0x80
_SHORT, _LONG = 126, 65_536
_MASK: Final = b"\0\0\0\0"
"""A mask of zeros masks nothing, and is a mask."""


class Refused(Exception):
    """The server did not let it in."""


@dataclass(slots=True)
class Raw:
    """An open one."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, kind: int, payload: bytes, *, is_last: bool = True) -> None:
        """One frame; not waited for."""
        self.writer.write(head(kind, len(payload), is_last=is_last) + payload)

    def say(self, **fields: Any) -> None:
        """One frame of the protocol."""
        self.send(TEXT, json.dumps(fields).encode())

    async def receive(self) -> tuple[int, bytes]:
        """The next frame's kind and payload; IncompleteReadError where there is no more."""
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size == _SHORT:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == _SHORT + 1:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return first & 0x0F, await self.reader.readexactly(size)

    async def closed(self) -> int | None:
        """Read until it ends: the code that it ended with, None without one."""
        try:
            while True:
                kind, payload = await self.receive()
                if kind == CLOSE:
                    return int(struct.unpack("!H", payload[:2])[0]) if len(payload) > 1 else None
        except (OSError, asyncio.IncompleteReadError):
            return None

    async def expect(self, wanted: str) -> dict[str, Any]:
        """The next frame of this type."""
        while True:
            kind, payload = await self.receive()
            if kind == CLOSE:
                raise Refused(str(struct.unpack("!H", payload[:2])[0]))
            if kind == TEXT and (frame := json.loads(payload))["type"] == wanted:
                return dict(frame)


def head(kind: int, size: int, *, is_last: bool = True) -> bytes:
    """The head of a client's frame of so many bytes, whether or not they follow."""
    first = kind | (_FIN if is_last else 0)
    if size < _SHORT:
        return struct.pack("!BB", first, _MASKED | size) + _MASK
    if size < _LONG:
        return struct.pack("!BBH", first, _MASKED | _SHORT, size) + _MASK
    return struct.pack("!BBQ", first, _MASKED | (_SHORT + 1), size) + _MASK


async def dial(port: int, path: str, origin: str, *, source: str = "127.0.0.1", cookie: str = "") -> Raw:
    """A connection that comes from `source`, one of this machine's own addresses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    key = os.urandom(16).hex()[:22] + "=="
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Origin: {origin}"]
    lines += [f"Cookie: {cookie}"] if cookie else []
    writer.write("\r\n".join([*lines, "", ""]).encode())
    status = await reader.readline()
    if b" 101 " not in status:
        writer.close()
        raise Refused(status.decode(errors="replace").strip() or "nothing")
    while await reader.readline() not in {b"\r\n", b""}:
        pass
    return Raw(reader, writer)


HELLO: Final = {"type": "hello", "token": None, "conversation": None, "last_seq": 0, "last_rev": 0}
