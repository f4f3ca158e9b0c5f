"""What an agent's socket may send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from chat.live.protocol.fields import (
    FREE_TEXT_LIMIT,
    TAG_LIMIT,
    TEXT_LIMIT,
    Refused,
    choice,
    flag,
    free_text,
    integer,
    positions,
    tags,
    time,
    unless_blank,
    uuid,
)
from chat.live.protocol.frames import Frame, frame, registry_of
from security.masking import MaskedText


class Availability(StrEnum):
    """Whether an agent takes new conversations."""

    ONLINE = "online"
    AWAY = "away"


class View(StrEnum):
    """Which conversations a list shows."""

    MINE = "mine"
    ALL = "all"
    CLOSED = "closed"


_nowhere: Mapping[UUID, tuple[int, int]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnConversation(Frame):
    """A frame about one conversation."""

    conversation: Annotated[UUID, uuid]


@frame("hello")
@dataclass(frozen=True, slots=True, kw_only=True)
class Hello(Frame):
    """The first frame; `open` is [last_seq, last_rev] of each conversation that the client shows."""

    open: Annotated[Mapping[UUID, tuple[int, int]], positions] = field(default_factory=lambda: _nowhere)


@frame("availability")
@dataclass(frozen=True, slots=True, kw_only=True)
class SetAvailability(Frame):
    """Whether this agent takes new conversations."""

    status: Annotated[Availability, choice(Availability)]


@frame("list")
@dataclass(frozen=True, slots=True, kw_only=True)
class ListConversations(Frame):
    """One page of a view, newest first."""

    view: Annotated[View, choice(View)]
    before: Annotated[datetime | None, time] = None
    limit: Annotated[int, integer(1, 100)] = 50
    department: Annotated[UUID | None, uuid] = None
    tag: Annotated[MaskedText | None, unless_blank(free_text(TAG_LIMIT))] = None
    agent: Annotated[UUID | None, uuid] = None


@frame("next")
@dataclass(frozen=True, slots=True, kw_only=True)
class TakeNext(Frame):
    """The conversation that waits longest."""


@frame("claim")
@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(OnConversation):
    """Take one conversation out of the queue."""


@frame("message")
@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage(OnConversation):
    """What the agent says to the visitor."""

    client_id: Annotated[UUID, uuid]
    text: Annotated[MaskedText, free_text(TEXT_LIMIT)]


@frame("note")
@dataclass(frozen=True, slots=True, kw_only=True)
class SendNote(SendMessage):
    """What agents tell each other; no visitor ever sees it."""


@frame("edit")
@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(OnConversation):
    """An own message says something else now."""

    id: Annotated[UUID, uuid]
    text: Annotated[MaskedText, free_text(TEXT_LIMIT)]


@frame("typing")
@dataclass(frozen=True, slots=True, kw_only=True)
class Typing(OnConversation):
    """Whether the agent is typing."""

    active: Annotated[bool, flag]


@frame("read")
@dataclass(frozen=True, slots=True, kw_only=True)
class Read(OnConversation):
    """Everything up to `seq` was seen."""

    seq: Annotated[int, integer(1)]


@frame("history")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHistory(OnConversation):
    """The page before `before_seq`; without one, the latest."""

    before_seq: Annotated[int | None, integer(1)] = None
    limit: Annotated[int, integer(1, 200)] = 50


@frame("transfer")
@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(OnConversation):
    """To an agent or to a department, never to both."""

    agent: Annotated[UUID | None, uuid] = None
    department: Annotated[UUID | None, uuid] = None
    note: Annotated[MaskedText | None, unless_blank(free_text(FREE_TEXT_LIMIT))] = None

    def check(self) -> None:
        if (self.agent is None) == (self.department is None):
            raise Refused


@frame("accept")
@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(OnConversation):
    """Take what was offered."""


@frame("decline")
@dataclass(frozen=True, slots=True, kw_only=True)
class Decline(OnConversation):
    """Do not take what was offered."""


@frame("tag")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTags(OnConversation):
    """Add and remove tags; both may be empty."""

    add: Annotated[tuple[MaskedText, ...], tags] = ()
    remove: Annotated[tuple[MaskedText, ...], tags] = ()


@frame("close")
@dataclass(frozen=True, slots=True, kw_only=True)
class Close(OnConversation):
    """The matter is done; `outcome` says how."""

    outcome: Annotated[MaskedText | None, unless_blank(free_text(TAG_LIMIT))] = None


@frame("reopen")
@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen(OnConversation):
    """Take a closed conversation up again."""


@frame("watch")
@dataclass(frozen=True, slots=True, kw_only=True)
class Watch(OnConversation):
    """Read along, unseen."""


@frame("unwatch")
@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatch(OnConversation):
    """Read along no more."""


@frame("block")
@dataclass(frozen=True, slots=True, kw_only=True)
class Block(OnConversation):
    """Keep the visitor out: for some days, or without `days` for good; with `address` also whoever comes from where he came from."""

    reason: Annotated[MaskedText | None, unless_blank(free_text(FREE_TEXT_LIMIT))] = None
    days: Annotated[int | None, integer(1, 365)] = None
    address: Annotated[bool, flag] = False


@frame("unblock")
@dataclass(frozen=True, slots=True, kw_only=True)
class Unblock(OnConversation):
    """Let the visitor in again."""


@frame("ping")
@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Frame):
    """Still there."""


AGENT_FRAMES = registry_of(
    Hello, SetAvailability, ListConversations, TakeNext, Claim, SendMessage, SendNote, Edit, Typing, Read, ReadHistory,
    Transfer, Accept, Decline, ChangeTags, Close, Reopen, Watch, Unwatch, Block,
    Unblock, Ping,
)  # fmt: skip
