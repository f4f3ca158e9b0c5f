"""Members that remember what they got, a sealer, and a truth that the tests write."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chat.live.hub import Audience, CatchUp, Event, Member, RoomName, Side

ACME, RIVAL = 1, 2


class Listener:
    """One socket: `got` are the frames that it was given."""

    def __init__(self, side: Side = Side.AGENT, key: str = "", tenant_id: int = ACME) -> None:
        self.got: list[str] = []
        self.failed = 0
        self.changed = asyncio.Event()
        self.member = Member(tenant_id, side, key or f"member:{uuid4()}", self._take, self._fail)

    def _take(self, frame: bytes) -> None:
        self.got.append(frame.decode())
        self.changed.set()

    def _fail(self) -> None:
        self.failed += 1

    async def until(self, *frames: str, within: float = 10.0) -> None:
        """Wait until exactly `frames` were given."""
        async with asyncio.timeout(within):
            while self.got != list(frames):
                assert len(self.got) <= len(frames), self.got
                self.changed.clear()
                await self.changed.wait()


class TenantSealer:
    """Real sealing: a key for each tenant, tenant and room as associated data."""

    def __init__(self) -> None:
        self._keys: defaultdict[int, bytes] = defaultdict(lambda: AESGCM.generate_key(256))

    def seal(self, tenant_id: int, room: RoomName, plaintext: bytes, /) -> bytes:
        nonce = uuid4().bytes[:12]
        return nonce + AESGCM(self._keys[tenant_id]).encrypt(nonce, plaintext, f"{tenant_id}|{room}".encode())

    def open(self, tenant_id: int, room: RoomName, sealed: bytes, /) -> bytes:
        return AESGCM(self._keys[tenant_id]).decrypt(sealed[:12], sealed[12:], f"{tenant_id}|{room}".encode())


def message(rev: int, **changed: Any) -> Event:
    """An event that reads as its rev."""
    return Event(**{"everyone": f"m{rev}".encode(), "audience": Audience.ALL, "rev": rev, **changed})


def passing(text: str, **changed: Any) -> Event:
    """An event without a place in the order."""
    return Event(**{"everyone": text.encode(), "audience": Audience.ALL, **changed})


class Store:
    """A truth: what was stored in each conversation, and what is asked of it."""

    def __init__(self) -> None:
        self.stored: defaultdict[tuple[int, UUID], list[Event]] = defaultdict(list)
        self.states: dict[RoomName, list[Event]] = {}
        self.asked: list[tuple[UUID, int]] = []
        self.broken = False

    def add(self, tenant_id: int, conversation: UUID, *events: Event) -> None:
        self.stored[tenant_id, conversation] += events

    async def catch_up(self, tenant_id: int, conversation: UUID, after_rev: int) -> CatchUp:
        self.asked.append((conversation, after_rev))
        if self.broken:
            raise OSError("no database")
        events = [event for event in self.stored[tenant_id, conversation] if (event.rev or 0) > after_rev]
        return CatchUp(events, max([after_rev, *(event.rev or 0 for event in events)]))

    async def newest(self, tenant_id: int, conversations: Sequence[UUID]) -> Mapping[UUID, int]:
        if self.broken:
            raise OSError("no database")
        known = {id_: self.stored[tenant_id, id_] for id_ in conversations}
        return {id_: max(event.rev or 0 for event in events) for id_, events in known.items() if events}

    async def current(self, tenant_id: int, room: RoomName) -> Sequence[Event]:  # noqa: ARG002
        return self.states.get(room, [])
