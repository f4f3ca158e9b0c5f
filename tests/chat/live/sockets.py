"""Both sockets as a program outside the project uses them: raw frames over a real connection, awaited by type."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chat.live.work import unscoped
from tests.cast import Organisation
from tests.services.web import WebServer

Frame = dict[str, Any]
PATIENCE = 20.0


@dataclass(slots=True, eq=False)
class Socket:
    """One connection. `heard` has every frame so far, `pending` those that no `expect` has taken."""

    connection: ClientConnection
    heard: list[Frame] = field(default_factory=list)
    pending: list[Frame] = field(default_factory=list)
    welcome: Frame = field(default_factory=dict)

    async def send(self, kind: str, /, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, **fields}, default=str))

    async def send_raw(self, frame: str | bytes) -> None:
        await self.connection.send(frame)

    async def expect(self, kind: str, /, **wanted: Any) -> Frame:
        """The oldest frame of this type with these values that was not taken yet; waits for it."""
        async with asyncio.timeout(PATIENCE):
            for frame in self.pending:
                if _matches(frame, kind, wanted):
                    self.pending.remove(frame)
                    return frame
            while not _matches(frame := await self._receive(), kind, wanted):
                self.pending.append(frame)
        return frame

    async def either(self, *kinds: str) -> Frame:
        """The next frame of one of these types; what comes before it waits for `expect`."""
        async with asyncio.timeout(PATIENCE):
            while (frame := await self._receive())["type"] not in kinds:
                self.pending.append(frame)
        return frame

    async def expect_state(self, status: str) -> Frame:
        """The oldest `conversation` frame with this status that was not taken yet: its conversation."""
        frame = await self.expect("conversation")
        while frame["conversation"]["status"] != status:
            frame = await self.expect("conversation")
        state: Frame = frame["conversation"]
        return state

    async def ask(self, kind: str, answer: str, /, **fields: Any) -> Frame:
        """Send a frame with a `ref` of its own; the answer with that `ref`. An `error` in its place fails the test."""
        ref = len(self.heard) + 1_000
        await self.send(kind, ref=ref, **fields)
        async with asyncio.timeout(PATIENCE):
            while (frame := await self._receive()).get("ref") != ref:
                self.pending.append(frame)
        assert frame["type"] == answer, frame
        return frame

    async def say(self, text: str, *, client_id: object = None, **fields: Any) -> Frame:
        """Send a message; its `ack`."""
        client_id = str(client_id or uuid4())
        await self.send("message", client_id=client_id, text=text, **fields)
        return await self.expect("ack", client_id=client_id)

    async def closed(self) -> int:
        """The close code, once the server has closed; what came before is in `heard`."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    self.pending.append(await self._receive())
            except ConnectionClosed as end:
                return end.rcvd.code if end.rcvd else 1006

    def of(self, kind: str) -> list[Frame]:
        """Every frame of this type so far."""
        return [frame for frame in self.heard if frame["type"] == kind]

    async def _receive(self) -> Frame:
        raw = await self.connection.recv()
        assert isinstance(raw, str)
        frame: Frame = json.loads(raw)
        self.heard.append(frame)
        return frame


def _matches(frame: Frame, kind: str, wanted: Mapping[str, Any]) -> bool:
    return frame["type"] == kind and all(frame.get(name) == value for name, value in wanted.items())


@dataclass(slots=True)
class Door:
    """Opens sockets on one server; all are closed when the test is over."""

    server: WebServer
    opened: list[ClientConnection] = field(default_factory=list)

    async def dial(self, path: str, *, headers: Mapping[str, str] | None = None, origin: str | None = "own") -> Socket:
        """A connection on which nothing was said; websockets' InvalidStatus where the upgrade is refused."""
        connection = await connect(
            self.server.ws_url + path,
            origin=self.server.url if origin == "own" else origin,
            additional_headers=dict(headers or {}),
            max_size=None,
            proxy=None,
            ping_interval=None,
            open_timeout=PATIENCE,
        )
        self.opened.append(connection)
        return Socket(connection)

    async def visitor(self, site_key: str, **hello: Any) -> Socket:
        """A visitor's tab that has been greeted."""
        socket = await self.dial(f"/ws/visitor/{site_key}/")
        await socket.send("hello", **{"token": None, "conversation": None, "last_seq": 0, "last_rev": 0, **hello})
        socket.welcome = await socket.expect("welcome")
        return socket

    async def staff(self, session_key: str | None) -> Socket:
        """A console's connection on which nothing was said."""
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session_key}"} if session_key else {}
        return await self.dial("/ws/agent/", headers=headers)

    async def agent(self, of: Organisation, name: str, **hello: Any) -> Socket:
        """A console that has been greeted and has its lists."""
        session_key = await unscoped(of.session, name)
        socket = await self.staff(session_key)
        await socket.send("hello", **hello)
        socket.welcome = await socket.expect("welcome")
        await socket.expect("queue")
        await socket.expect("agents")
        return socket


@asynccontextmanager
async def door_to(server: WebServer) -> AsyncIterator[Door]:
    door = Door(server)
    try:
        yield door
    finally:
        for connection in door.opened:
            await connection.close()
