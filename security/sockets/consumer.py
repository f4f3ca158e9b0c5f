"""The guard that every consumer derives from: a handler sees no frame that was not counted, checked and parsed.

Danger: a socket lives for hours; what was true when it opened (session, rights, tenant) may no longer be, and each
frame is hostile input. Rule: size, rate and revocation are looked at for each frame, then it is parsed once into a
frozen object; a handler runs in a context of its own, and whatever it raises is answered from a fixed catalogue. Proof:
tests/security/sockets/test_consumer.py.

It stays a Channels consumer (routing, scope, testing), without a channel layer and with its own `dispatch`: the generic
one closes old database connections through a thread at every event, which costs more than all the rest of a small
frame.
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextvars import copy_context
from typing import Any, ClassVar, Protocol
from uuid import UUID

from channels.consumer import AsyncConsumer

from security.context import ANONYMOUS, Actor, act
from security.errors import Conflict, Denied, DomainError, Invalid, NotFound
from security.sockets.codes import CloseCode
from security.sockets.fresh import Fresh, Timed
from security.sockets.limits import AddressCount, AddressWork, Rate, Work
from security.sockets.outbox import WRITE_TEXT, Outbox
from security.sockets.refusals import FrameRefused
from security.sockets.settings import SocketLimits
from security.sockets.watch import Watchdog

logger = logging.getLogger(__name__)

BAD_FRAME = "bad_frame"
UNAVAILABLE = "unavailable"
HELLO = "hello"


class ParsedFrame(Protocol):
    """What the guard needs to know of a frame."""

    @property
    def type(self) -> str: ...

    @property
    def ref(self) -> int | None: ...


Handler = Callable[[Any], Awaitable[None]]


class GuardedConsumer(AsyncConsumer):  # type: ignore[misc]  # Channels has no types
    """One socket, from its upgrade to its end.

    A subclass names its frames (`frames`: type to class) and has an `on_<type>` coroutine for each; one that is missing
    is a TypeError when the class is made. Frames are handled one after the other. `error_codes` is the catalogue that
    an error's code must come from.
    """

    frames: ClassVar[Mapping[str, type]] = {}
    error_codes: ClassVar[frozenset[str]] = frozenset()
    limits: SocketLimits = SocketLimits()
    addresses: ClassVar[AddressCount] = AddressCount()
    address_work: ClassVar[AddressWork] = AddressWork()
    address_openings: ClassVar[AddressWork] = AddressWork()
    open_sockets: ClassVar[set[GuardedConsumer]] = set()

    actor: Actor = ANONYMOUS
    address: str | None = None
    session: str | None = None
    revoked: CloseCode | None = None
    _is_counted: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        missing = [name for name in cls.frames if not hasattr(cls, f"on_{name}")]
        if missing:
            raise TypeError(f"{cls.__name__} has no handler for {', '.join(missing)}")

    # What a subclass provides

    @abstractmethod
    def parse(self, raw: str) -> ParsedFrame:
        """The frame that `raw` is, or FrameRefused. Called once a frame; nothing else sees `raw`."""

    @abstractmethod
    def encode_error(self, refusal: FrameRefused) -> bytes:
        """The `error` frame that tells the sender."""

    async def opened(self) -> CloseCode | None:
        """Authorise the socket after the upgrade: set `actor`, `address`, `session`; a code refuses it."""
        return None

    async def ended(self) -> None:
        """Leave what was joined; called once for each socket that was accepted, however it ended."""

    # What a subclass and the fan-out use

    def count_anonymous(self) -> bool:
        """Count this socket for its address, until it ends; False where the address has too many, or opened too many just now.

        To open and drop sockets again and again is a flood, too: half as many as may be open at once, and as many again every five seconds.
        """
        if not self._is_counted and self._may_open():
            self._is_counted = self.addresses.enter(self.address, self.limits.anonymous_per_address)
        return self._is_counted

    def _may_open(self) -> bool:
        now, limits = asyncio.get_running_loop().time(), self.limits
        limit, seconds = max(20.0, limits.anonymous_per_address / 2), limits.frames_within / 2
        spend = self.address_openings.spend
        is_fair = spend(self.address, 0.0, now, limit=limit - 1, seconds=seconds)
        if is_fair:  # whoever is refused is not counted: an office whose pages all come back is let in as time goes by
            spend(self.address, 1.0, now, limit=limit, seconds=seconds)
        return is_fair

    def send_frame(self, frame: bytes) -> bool:
        """Queue a frame; False where the socket is closing. Never waits: a slow reader is cut."""
        return self.outbox.put(frame)

    async def replay_frame(self, frame: bytes) -> bool:
        """Queue one of many frames, waiting for the reader."""
        return await self.outbox.put_slowly(frame, within=self.limits.replay_stall)

    def close(self, code: CloseCode) -> None:
        """Send what is queued, then close."""
        self.outbox.close(code)

    def cut(self, code: CloseCode) -> None:
        """Close now, without what is queued."""
        self.outbox.cut(code)

    def revoke(self, code: CloseCode) -> None:
        """End this socket's grant: no frame is handled or sent after this, and the writer refuses what is under way."""
        if self.revoked is None:
            self.revoked = code
            self.outbox.cut(code)

    # The ASGI side

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Accept, so that a refusal can carry its code, then authorise and read until either side ends."""
        if (await receive())["type"] != "websocket.connect":
            return
        self.scope = scope
        self._greeted = False
        self._bad_in_a_row = 0
        await send({"type": "websocket.accept"})
        self._watchdog = Watchdog(self.limits.hello_within, self.limits.silence, self.cut)
        self.outbox = Outbox(
            send,
            write=scope.get("extensions", {}).get(WRITE_TEXT),
            max_frames=self.limits.queue_frames,
            max_bytes=self.limits.queue_bytes,
            on_end=self._watchdog.stop_reading,
        )
        self.open_sockets.add(self)
        try:
            await self._serve(receive)
        finally:
            self.open_sockets.discard(self)
            await self._end()

    async def _serve(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        if (refused := await self._open()) is not None:
            self.close(refused)
        self._rate, self._work = Rate(self.limits.frames, self.limits.frames_within), Work()
        while not self.outbox.has_ended:
            message = await self._watchdog.read(receive)
            if message is None or message["type"] == "websocket.disconnect":
                return
            if self.outbox.is_open:
                await (work := Timed(self.dispatch(message), copy_context()))
                self._spend_work(work.seconds)
                if work.steps > 1:
                    continue
            # What is queued may be received without waiting: the other sockets have their turn first.
            await asyncio.sleep(0)

    async def _open(self) -> CloseCode | None:
        """A failure to authorise is no authorisation."""
        try:
            return await Fresh(self._as_actor(self.opened()), copy_context())
        except (NotFound, Denied):
            return CloseCode.FORBIDDEN
        except Exception as error:  # noqa: BLE001 - the socket is refused, the client may come again
            log_failure("opening", error)
            return CloseCode.RESTARTING

    async def _end(self) -> None:
        self._watchdog.stop()
        self.outbox.abandon()
        if self._is_counted:
            self.addresses.leave(self.address)
        try:
            await Fresh(self._as_actor(self.ended()), copy_context())
        except Exception as error:  # noqa: BLE001 - the socket is gone; what it left behind is found by its age
            log_failure("end", error)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """One incoming event: count, check, parse, handle."""
        now = asyncio.get_running_loop().time()
        if self._rate.spend(now) or not self._spend_work(0.0):
            self.close(CloseCode.TOO_MANY)
            return
        raw = message.get("text")
        if raw is None:
            self.close(CloseCode.BAD_CLIENT)
            return
        if _size_of(raw) > self.limits.frame_bytes:
            self.close(CloseCode.TOO_BIG)
            return
        try:
            frame = self.parse(raw)
            self._check_greeting(frame)
        except FrameRefused as refused:
            self._refuse(refused)
            return
        except Exception as error:  # noqa: BLE001 - one frame fails, the socket stays
            log_failure("parsing", error)
            self.send_frame(self.encode_error(FrameRefused(UNAVAILABLE)))
            return
        self._bad_in_a_row = 0
        self._watchdog.heard(now)
        await self._handle(frame)

    def _spend_work(self, cost: float) -> bool:
        """Count time spent on this socket's frames; False, and the next frame closes it, while it or its address had too much."""
        now, limits = asyncio.get_running_loop().time(), self.limits
        is_fair = self._work.spend(cost, now, limit=limits.work, seconds=limits.frames_within)
        if self._is_counted:
            shared = self.address_work.spend
            is_fair &= shared(self.address, cost, now, limit=limits.work_per_address, seconds=limits.frames_within)
        return is_fair

    def _check_greeting(self, frame: ParsedFrame) -> None:
        """`hello` is the first frame, and only the first."""
        if (frame.type == HELLO) is self._greeted:
            raise FrameRefused(BAD_FRAME, ref=frame.ref)
        self._greeted = True

    def _refuse(self, refused: FrameRefused) -> None:
        self.send_frame(self.encode_error(refused))
        if refused.code == BAD_FRAME:
            self._bad_in_a_row += 1
        if self._bad_in_a_row > self.limits.bad_frames:
            self.close(CloseCode.BAD_CLIENT)

    async def _handle(self, frame: ParsedFrame) -> None:
        """In the context that `dispatch` has to itself."""
        conversation: UUID | None = getattr(frame, "conversation", None)
        act(
            actor=self.actor,
            address=self.address,
            session=self.session,
            conversation=str(conversation) if conversation else None,
        )
        await self._handled(frame)

    async def _handled(self, frame: ParsedFrame) -> None:
        handler: Handler = getattr(self, f"on_{frame.type}")
        try:
            await handler(frame)
        except Exception as error:  # noqa: BLE001 - one frame fails, the socket stays
            refusal = self._refusal_for(error, frame)
            self.send_frame(self.encode_error(refusal))
            if frame.type == HELLO and refusal.code == UNAVAILABLE:
                self.close(
                    CloseCode.RESTARTING
                )  # it is said once: the client would wait for a welcome that never comes

    async def _as_actor(self, work: Awaitable[Any]) -> Any:
        act(actor=self.actor, address=self.address, session=self.session)
        return await work

    def _refusal_for(self, error: Exception, frame: ParsedFrame) -> FrameRefused:
        """What the sender learns of an error: a code of the catalogue, with the frame's own ids."""
        code = self._code_for(error)
        if code == UNAVAILABLE and not isinstance(error, DomainError | FrameRefused):
            log_failure(frame.type, error)
        return FrameRefused(
            code,
            ref=frame.ref,
            client_id=getattr(frame, "client_id", None),
            conversation=getattr(frame, "conversation", None),
            retry_after=getattr(error, "retry_after", None),
        )

    def _code_for(self, error: Exception) -> str:
        match error:
            case FrameRefused() | DomainError() if error.code in self.error_codes:
                return error.code
            case NotFound():
                return "not_found"
            case Denied():
                return "forbidden"
            case Conflict():
                return "conflict"
            case Invalid():
                return BAD_FRAME
        return UNAVAILABLE


def close_all(code: CloseCode) -> None:
    """Close every socket of this process, such as with RESTARTING; each sends what it has queued first."""
    for socket in list(GuardedConsumer.open_sockets):
        socket.close(code)


def _size_of(raw: str) -> int:
    """Bytes in UTF-8."""
    return len(raw) if raw.isascii() else len(raw.encode(errors="surrogatepass"))


def log_failure(what: str, error: BaseException) -> None:
    """Log where an unexpected error arose.

    Its class, file, line; never its words, since databases' and parsers' errors quote values.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace is not None else None
    logger.error(
        "Frame %s failed: %s in %s, line %s",
        what,
        type(error).__name__,
        code.co_qualname if code else "?",
        trace.tb_lineno if trace is not None else "?",
    )
