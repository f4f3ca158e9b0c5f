"""A consumer that answers what it is asked, for tests of the guard."""

import asyncio
import json
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from time import thread_time
from typing import ClassVar

from security.context import Actor, ActorKind, Context, current
from security.sockets.codes import CloseCode
from security.sockets.consumer import GuardedConsumer
from security.sockets.limits import AddressCount, AddressWork
from security.sockets.refusals import FrameRefused
from security.sockets.settings import SocketLimits

leak: ContextVar[str] = ContextVar("leak", default="clean")


@dataclass(frozen=True)
class Said:
    type: str
    ref: int | None
    body: str


class Echo(GuardedConsumer):
    """Answers what it is asked, or fails as it is asked."""

    frames: ClassVar[dict[str, type]] = {"hello": Said, "say": Said, "fail": Said}
    error_codes: ClassVar[frozenset[str]] = frozenset({"bad_frame", "closed", "conflict", "rate_limited", "too_long"})
    addresses: ClassVar[AddressCount] = AddressCount()
    address_work: ClassVar[AddressWork] = AddressWork()
    limits = SocketLimits()
    refuse_with: CloseCode | Exception | None = None
    failures: ClassVar[dict[str, Callable[[], Exception]]] = {}
    anonymous = False
    limits_once_open: SocketLimits | None = None

    async def opened(self) -> CloseCode | None:
        self.contexts: list[Context] = []
        self.at_work, self.may_finish = asyncio.Event(), asyncio.Event()
        self.left = False
        self.limits = self.limits_once_open or self.limits
        self.actor = Actor(ActorKind.VISITOR, id="v1")
        self.address = self.scope["client"][0]
        if isinstance(self.refuse_with, Exception):
            raise self.refuse_with
        if self.anonymous and not self.count_anonymous():
            return CloseCode.TOO_MANY
        return self.refuse_with

    async def ended(self) -> None:
        self.left = True

    def parse(self, raw: str) -> Said:
        if raw == "toil":
            started = thread_time()
            while thread_time() - started < 0.02:
                pass
            raise FrameRefused("too_long")
        if raw == "explode":
            raise ZeroDivisionError("4242 4242 4242 4242")
        try:
            kind, ref, body = json.loads(raw)
        except ValueError:
            raise FrameRefused("bad_frame") from None
        if len(body) > 50:
            raise FrameRefused("too_long", ref=ref)
        return Said(kind, ref, body)

    def encode_error(self, refusal: FrameRefused) -> bytes:
        return json.dumps({"error": refusal.code, "ref": refusal.ref, "retry": refusal.retry_after}).encode()

    async def on_hello(self, frame: Said) -> None:
        if frame.body in self.failures:
            error = self.failures[frame.body]()
            raise error
        self.send_frame(b"welcome")

    async def on_say(self, frame: Said) -> None:
        self.contexts.append(current())
        if frame.body == "wait":
            self.at_work.set()
            await self.may_finish.wait()
        self.send_frame(f"{frame.body} {leak.get()}".encode())
        leak.set("dirty")

    async def on_fail(self, frame: Said) -> None:
        error = self.failures[frame.body]()
        raise error
