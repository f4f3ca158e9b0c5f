"""How each contender is spoken to: connecting, saying something, and which of its frames is what. The rest is the same for all.

A conversation has three sockets: who writes, his second tab, and who answers – one socket of whom is in several conversations.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from chatplatform.bench.chat import words
from chatplatform.bench.chat.wire import Wire, dial

_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation, and those in it."""

    number: int
    writer: Wire
    tab: Wire
    answerer: Wire


class Dialect(ABC):
    """`facts` is what the contender was set up with."""

    ack: bytes = b'{"type":"ack"'
    message: bytes = b'{"type":"message"'
    ping: bytes | None = None
    """What an idle socket sends from time to time, answered by `pong`; None where the server asks, or nobody does."""

    def __init__(self, port: int, facts: Mapping[str, Any], run: int) -> None:
        self.port, self.facts, self.run = port, facts, run

    @abstractmethod
    async def answerer(self, number: int, conversations: list[int]) -> Wire:
        """Who answers in these conversations."""

    @abstractmethod
    async def talk(self, number: int, answerer: Wire) -> Talk:
        """Begin a conversation."""

    @abstractmethod
    async def idle(self, number: int) -> Wire:
        """A socket that was let in and says nothing."""

    def said(self, conversation: int, number: int) -> bytes:
        """The frame of a message."""
        return orjson.dumps(
            {
                "type": "message",
                "client_id": words.client_id(self.run, conversation, number),
                "text": words.text(conversation, number),
            }
        )

    async def end(self, talk: Talk) -> None:
        """Leave a conversation so that the next round does not find it."""
        talk.tab.close()

    async def talks(self, count: int, answerers: int) -> list[Talk]:
        """`count` conversations, and as many who answer in them."""
        shares = [list(range(place, count, answerers)) for place in range(min(answerers, count))]
        who = [await self.answerer(place, share) for place, share in enumerate(shares)]
        limit = asyncio.Semaphore(_AT_ONCE)

        async def begun(number: int) -> Talk:
            async with limit:
                return await self.talk(number, who[number % len(who)])

        return list(await asyncio.gather(*(begun(number) for number in range(count))))


class Plain(Dialect):
    """The peers': one address, a greeting that names the rooms, JSON frames as ours."""

    async def answerer(self, number: int, conversations: list[int]) -> Wire:
        return await self._greeted(number, conversations)

    async def talk(self, number: int, answerer: Wire) -> Talk:
        writer, tab = await self._greeted(number, [number]), await self._greeted(number, [number])
        return Talk(number, writer, tab, answerer)

    async def idle(self, number: int) -> Wire:
        return await self._greeted(number, [10_000 + number])

    async def _greeted(self, number: int, rooms: list[int]) -> Wire:
        wire = await dial(self.port, "/")
        token = self.facts["tokens"][number % len(self.facts["tokens"])]
        wire.say(type="hello", token=token, rooms=[f"r{room}" for room in rooms])
        await wire.expect("welcome")
        return wire


class Raw(Plain):
    """Bytes as they were sent, to all three."""

    ack = Plain.message


class Stock(Plain):
    """JSON with the blanks of Python's own encoder."""

    ack = b'{"type": "ack"'
    message = b'{"type": "message"'


class SocketIO(Plain):
    """Its packets, as far as they are needed: an event with an acknowledgement."""

    ack = b"43"
    message = b'42["message"'

    def said(self, conversation: int, number: int) -> bytes:
        return b'421["message",' + super().said(conversation, number) + b"]"

    async def _greeted(self, number: int, rooms: list[int]) -> Wire:
        wire = await dial(self.port, "/socket.io/?EIO=4&transport=websocket")
        await wire.receive()
        wire.send(b"40")
        await wire.receive()
        token = self.facts["tokens"][number % len(self.facts["tokens"])]
        hello = {"token": token, "rooms": [f"r{room}" for room in rooms]}
        wire.send(b'421["hello",' + orjson.dumps(hello) + b"]")
        await wire.receive()
        return wire


class Ours(Dialect):
    """The platform's own protocol, from the first hello on."""

    ping = b'{"type":"ping"}'

    async def answerer(self, number: int, conversations: list[int]) -> Wire:  # noqa: ARG002
        sessions = self.facts["sessions"]
        cookie = f"{self.facts['cookie']}={sessions[number % len(sessions)]}"
        wire = await self._dial("/ws/agent/", {"Cookie": cookie})
        wire.say(type="hello")
        await wire.expect("welcome")
        return wire

    async def talk(self, number: int, answerer: Wire) -> Talk:
        writer = await self._dial(self._path)
        token = (await self._hello(writer))["token"]
        writer.say(
            type="message", client_id=words.client_id(self.run, number, 0xFFFF_FFFF), text="Hello, is anybody there?"
        )
        conversation = (await writer.expect("ack"))["conversation"]
        answerer.say(type="claim", conversation=conversation)
        tab = await self._dial(self._path)
        await self._hello(tab, token, conversation)
        await answerer.expect("assigned")  # perhaps another's, who takes this one: there are as many as were asked for
        return Talk(number, writer, tab, answerer)

    async def idle(self, number: int) -> Wire:  # noqa: ARG002
        wire = await self._dial(self._path)
        await self._hello(wire)
        return wire

    async def end(self, talk: Talk) -> None:
        talk.tab.say(type="end")

    @property
    def _path(self) -> str:
        return f"/ws/visitor/{self.facts['site']}/"

    async def _dial(self, path: str, headers: Mapping[str, str] | None = None) -> Wire:
        proxied = {"Origin": self.facts["origin"], "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        return await dial(self.port, path, {**proxied, **(headers or {})})

    async def _hello(self, wire: Wire, token: str | None = None, conversation: str | None = None) -> dict[str, Any]:
        wire.say(type="hello", token=token, conversation=conversation, last_seq=0, last_rev=0)
        return await wire.expect("welcome")


DIALECTS: Final[dict[str, Callable[[int, Mapping[str, Any], int], Dialect]]] = {
    "ours": Ours,
    "plain": Plain,
    "raw": Raw,
    "socketio": SocketIO,
    "stock": Stock,
}
