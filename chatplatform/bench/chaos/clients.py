"""Visitors and agents that behave as the widget and the console do.

They resume by `seq` and `rev`, fill holes by `history`, send one message at a time, and send it again until it is acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from chatplatform.bench.chaos.ledger import Acked, Ledger, Sent, View
from chatplatform.bench.chaos.words import text_of

Frame = dict[str, Any]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0
_RETRY_AFTER: Final = 0.5
_PAGE: Final = 100
_BEYOND: Final = 2**31 - 1
_OPEN_TIMEOUT: Final = 10.0
_ANSWER_TIMEOUT: Final = 15.0
"""A client that hears nothing for longer, to its `ping`s either, takes the connection for dead."""


@dataclass(slots=True, kw_only=True)
class Client:
    """One person's connection, made again whenever it ends, to any of the servers at `urls`.

    `budget` is how many messages it wants to send, `pause` the mean time between them in seconds.
    """

    urls: Sequence[str]
    origin: str
    name: str
    tenant: str
    ledger: Ledger
    chance: random.Random
    budget: int
    pause: float
    headers: Mapping[str, str] = field(default_factory=dict)
    under_way: dict[str, Frame] = field(default_factory=dict)
    number: int = 0
    connection: ClientConnection | None = None
    is_greeted: bool = False
    is_talking: bool = True

    def __post_init__(self) -> None:
        self.ledger.tenants[self.name] = self.tenant

    async def run(self) -> None:
        """Talk until cancelled."""
        tries = 0
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with connect(
                    self.chance.choice(self.urls),
                    origin=self.origin,  # type: ignore[arg-type]  # a NewType of str
                    additional_headers=dict(self.headers),
                    max_size=None,
                    proxy=None,
                    ping_interval=None,
                    open_timeout=_OPEN_TIMEOUT,
                ) as self.connection:
                    await self._talk()
            tries = 0 if self.is_greeted else tries + 1
            self.is_greeted = False
            self.ledger.reconnects += 1
            await asyncio.sleep(self.chance.random() * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**tries))

    async def _talk(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen())
            speaking = tasks.create_task(self._speak())
            await asyncio.wait({listening, speaking}, return_when=asyncio.FIRST_COMPLETED)
            listening.cancel()
            speaking.cancel()

    async def _listen(self) -> None:
        with contextlib.suppress(WebSocketException, TimeoutError):
            await self.send("hello", **self.hello())
            while True:
                raw = await asyncio.wait_for(self._connection.recv(), _ANSWER_TIMEOUT)
                await self.hear(json.loads(raw))

    async def _speak(self) -> None:
        with contextlib.suppress(WebSocketException):
            while True:
                await asyncio.sleep(self.chance.expovariate(1 / self.pause))
                await self.ask("ping")
                if self.is_greeted and self.is_talking and not self.under_way:
                    await self.speak()

    @property
    def _connection(self) -> ClientConnection:
        assert self.connection is not None  # noqa: S101 - for the type
        return self.connection

    async def send(self, kind: str, **fields: Any) -> None:
        """One frame."""
        await self._connection.send(json.dumps({"type": kind, **fields}))

    async def ask(self, kind: str, **fields: Any) -> None:
        """As `send`, once greeted."""
        if self.is_greeted:
            await self.send(kind, **fields)

    async def say(self, **where: Any) -> None:
        """One more message, promised by nobody yet."""
        if self.number >= self.budget:
            return
        text = text_of(tenant=self.tenant, sender=self.name, number=self.number)
        client_id = str(uuid4())
        self.ledger.say(client_id, Sent(self.tenant, self.name, self.number, text))
        self.number += 1
        self.under_way[client_id] = {"client_id": client_id, "text": text, **where}
        await self.send("message", **self.under_way[client_id])

    async def greeted(self) -> None:
        """What was under way is sent again, in its order."""
        self.is_greeted = True
        for frame in list(self.under_way.values()):
            self.ledger.again += 1
            await self.send("message", **frame)

    async def hear(self, frame: Frame) -> None:
        """What both kinds of client do with a frame."""
        kind = frame["type"]
        if kind == "ack":
            self.under_way.pop(frame["client_id"], None)
            acked = Acked(frame["conversation"], frame["id"], frame["seq"], frame["text"])
            self.ledger.ack(frame["client_id"], acked)
            self._show(frame)
            await self._fill(frame["conversation"])
        elif kind in {"message", "revised"}:
            self._show(frame)
            await self._fill(frame["conversation"])
        elif kind == "history":
            await self._older(frame)
        elif kind == "error":
            await self.refused(frame)

    async def _fill(self, conversation: str, *, up_to: int | None = None) -> None:
        """Ask for what a hole lacks, or for all `up_to` a number that is said to be there."""
        view = self.ledger.view(self.name, conversation)
        beyond = view.beyond_hole if up_to is None else up_to
        if beyond is not None and beyond > view.last_seq:
            await self.before(conversation, beyond + 1)

    async def _older(self, frame: Frame) -> None:
        """A page of what was said before; and the page before that, if there is something new in this one."""
        shown = self.ledger.view(self.name, frame["conversation"]).shown
        is_new = any(message["seq"] not in shown for message in frame["messages"])
        for message in frame["messages"]:
            self._show(message)
        if frame["more"] and is_new:
            await self.before(frame["conversation"], frame["messages"][0]["seq"])

    async def before(self, conversation: str, seq: int) -> None:
        """Ask for what was said before `seq`."""
        raise NotImplementedError

    def _show(self, frame: Frame) -> None:
        message = (frame["id"], frame["text"])
        seq, conversation, before = frame["seq"], frame["conversation"], frame.get("prev_seq")
        self.ledger.show(self.name, conversation, seq=seq, rev=frame["rev"], message=message, before=before)

    async def refused(self, frame: Frame) -> None:
        """Not stored: once more, after a moment; a closed conversation takes nothing more."""
        message = self.under_way.get(frame.get("client_id") or "")
        if message is None:
            if frame["code"] in {"bad_frame", "forbidden", "too_long"}:
                self.ledger.problems.append(f"{self.name} was told {frame['code']}: {frame}")
            return
        if frame["code"] in {"unavailable", "rate_limited"}:
            await asyncio.sleep(_RETRY_AFTER)
            await self.send("message", **message)
        elif frame["code"] == "closed":
            del self.under_way[message["client_id"]]
        else:
            self.ledger.problems.append(f"{self.name} was refused a message: {frame['code']}")

    def hello(self) -> Frame:
        """What a client that comes back says of itself."""
        raise NotImplementedError

    async def speak(self) -> None:
        """It has something to say."""
        raise NotImplementedError


@dataclass(slots=True, kw_only=True)
class Visitor(Client):
    """Has two conversations, one after the other."""

    token: str | None = None
    conversation: str | None = None
    is_ending: bool = False
    ended: set[str] = field(default_factory=set)

    def hello(self) -> Frame:
        """With the token that it was given, and what it has seen."""
        view = View() if self.conversation is None else self.ledger.view(self.name, self.conversation)
        return {
            "token": self.token,
            "conversation": self.conversation,
            "last_seq": view.last_seq,
            "last_rev": view.last_rev,
        }

    async def hear(self, frame: Frame) -> None:
        """Besides: its conversation begins and ends."""
        await Client.hear(self, frame)
        kind = frame["type"]
        if kind == "welcome":
            self.token = frame["token"] or self.token
            self._at(frame["conversation"])
            await self.greeted()
        elif kind == "ack":
            self._at(frame["conversation"])
        elif kind == "pong" and self.conversation is not None:
            await self._fill(self.conversation, up_to=frame["last_seq"])
        elif kind == "status" and frame["status"] == "closed":
            self.ended.add(frame["conversation"])
            self._at(None)

    def _at(self, conversation: str | None) -> None:
        if conversation is None or conversation in self.ended:
            self.is_ending = False
            conversation = None
        self.conversation = conversation

    async def before(self, conversation: str, seq: int) -> None:
        """A visitor has one conversation only."""
        if conversation == self.conversation:
            await self.send("history", before_seq=seq, limit=_PAGE)

    async def speak(self) -> None:
        """Half-way through it ends the conversation and begins another."""
        if self.number == self.budget // 2 and not self.ended:
            if not self.under_way and self.conversation is not None:
                self.is_ending = True
                await self.send("end")
            return
        await self.say()


@dataclass(slots=True, kw_only=True)
class Agent(Client):
    """Takes every conversation that waits, and answers now and then."""

    mine: set[str] = field(default_factory=set)
    unanswered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        Client.__post_init__(self)
        self.ledger.agents.add(self.name)

    def hello(self) -> Frame:
        """With every conversation that the console shows."""
        views = self.ledger.views.get(self.name, {})
        return {"open": {of: [views[of].last_seq, views[of].last_rev] for of in self.mine if of in views}}

    async def hear(self, frame: Frame) -> None:
        """Besides: conversations wait, are given and close."""
        await Client.hear(self, frame)
        kind = frame["type"]
        if kind == "welcome":
            await self.greeted()
            await self.send("list", view="mine", limit=_PAGE)
        elif kind == "list":
            await self._listed(frame)
        elif kind == "pong":
            for conversation in self.mine & frame["last_seq"].keys():
                await self._fill(conversation, up_to=frame["last_seq"][conversation])
        elif kind == "queue":
            for entry in frame["conversations"]:
                await self.send("claim", conversation=entry["id"])
        elif kind == "conversation":
            await self._changed(frame["conversation"])
        elif kind == "assigned":
            await self._given(frame)
        elif kind == "message" and frame["author"]["kind"] == "visitor" and frame["conversation"] in self.mine:
            self.unanswered.append(frame["conversation"])

    async def _changed(self, conversation: Frame) -> None:
        if conversation["status"] == "waiting":
            await self.send("claim", conversation=conversation["id"])

    async def _given(self, frame: Frame) -> None:
        conversation = frame["conversation"]["id"]
        self.mine.add(conversation)
        for message in frame["messages"]:
            self._show(message)
        if frame["more"]:
            await self.before(conversation, frame["messages"][0]["seq"])

    async def _listed(self, frame: Frame) -> None:
        """What was given while the answer was lost is read from its end."""
        for conversation in frame["conversations"]:
            if conversation["id"] not in self.mine:
                self.mine.add(conversation["id"])
                await self.before(conversation["id"], _BEYOND)

    async def before(self, conversation: str, seq: int) -> None:
        """An agent names the conversation."""
        await self.send("history", conversation=conversation, before_seq=seq, limit=_PAGE)

    async def speak(self) -> None:
        """Answers one of those who wrote."""
        if self.unanswered:
            where = self.unanswered.pop(self.chance.randrange(len(self.unanswered)))
            await self.say(conversation=where)
