"""What goes through the fan-out, who gets it, and where the truth is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from chat.live.hub.rooms import RoomName


class Side(StrEnum):
    """Which end of the chat a socket is."""

    VISITOR = "visitor"
    AGENT = "agent"


class Audience(StrEnum):
    """Who may ever see an event. Notes are for agents."""

    ALL = "all"
    AGENTS = "agents"


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One socket in this process.

    `key` is its person, `visitor:<uuid>` or `member:<uuid>`. `deliver` queues a frame and never waits. `fail` ends the
    socket, so that its client comes back and resumes; it is called when frames had to be dropped for it.
    """

    tenant_id: int
    side: Side
    key: str
    deliver: Callable[[bytes], object]
    fail: Callable[[], object]


NOT_FOR_ITS_AUTHOR: Final = b"null"
"""As `Event.own`: its author's sockets get nothing, they know it from him."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One frame in the variants that its readers get, each encoded once.

    `everyone` for all but: `visitor`, if set, for visitors (another `prev_seq`); `own`, if set, for the sockets of
    `author` (with `client_id`). With `rev` it has its place in the order of its conversation's room; without, it is
    passed on as it comes.
    """

    everyone: bytes
    audience: Audience
    visitor: bytes | None = None
    own: bytes | None = None
    author: str | None = None
    rev: int | None = None

    def frame_for(self, member: Member) -> bytes | None:
        """The member's variant; None where it is not for the member at all, which is decided first."""
        if self.audience is not Audience.ALL and member.side is not Side.AGENT:
            return None
        if self.own is not None and self.author == member.key:
            return None if self.own == NOT_FOR_ITS_AUTHOR else self.own
        if self.visitor is not None and member.side is Side.VISITOR:
            return self.visitor
        return self.everyone


@dataclass(frozen=True, slots=True)
class Hint:
    """The conversation has come to `rev`, of which the frames were not sent: whoever has less asks the database."""

    rev: int


@dataclass(frozen=True, slots=True)
class CatchUp:
    """All that happened in a conversation after a `rev`, in the order to be shown, complete up to `rev`.

    A row that was revised since has only its latest `rev`: there may be fewer events than revs.
    """

    events: Sequence[Event]
    rev: int


class Truth(Protocol):
    """The database, as the hub asks it.

    Each call is one short read in the tenant's scope; an exception means: ask again later.
    """

    async def catch_up(self, tenant_id: int, conversation: UUID, after_rev: int) -> CatchUp:
        """What is newer than `after_rev`."""
        ...

    async def newest(self, tenant_id: int, conversations: Sequence[UUID]) -> Mapping[UUID, int]:
        """The present `rev` of each conversation that there is."""
        ...

    async def current(self, tenant_id: int, room: RoomName) -> Sequence[Event]:
        """Events that say the present state of a room without order, after some may have been lost."""
        ...
