"""Names of rooms. A conversation's room is ordered by `rev`; the others pass on what comes."""

from __future__ import annotations

from typing import Final, NewType
from uuid import UUID

from security.errors import NotFound

RoomName = NewType("RoomName", str)
RoomKey = tuple[int, RoomName]
"""A room is one tenant's: two tenants may name the same, since a client says which conversation, and have two rooms."""

_CONVERSATION: Final = "conversation:"
_VISITOR: Final = "visitor:"


class WrongTenant(NotFound):
    """A member or an event of one tenant at a room of another.

    Told to a client like any missing object; a bug, so it is logged.
    """


def conversation(id: UUID) -> RoomName:  # noqa: A002
    """All that is said in one conversation."""
    return RoomName(f"{_CONVERSATION}{id}")


def visitor(id: UUID) -> RoomName:  # noqa: A002
    """The sockets of one visitor."""
    return RoomName(f"{_VISITOR}{id}")


def agents(tenant_id: int) -> RoomName:
    """All agents of one tenant: the queue, who is there."""
    return RoomName(f"agents:{tenant_id}")


def member(id: UUID) -> RoomName:  # noqa: A002
    """The sockets of one member of the tenant's staff."""
    return RoomName(f"member:{id}")


def channel(prefix: str, key: RoomKey) -> str:
    """Where a room's events are published."""
    tenant_id, name = key
    return f"{prefix}{tenant_id}:{name}"


def key_of(prefix: str, channel: str) -> RoomKey:
    """The room whose channel this is; ValueError for none of ours."""
    tenant_id, _, name = channel.removeprefix(prefix).partition(":")
    return int(tenant_id), RoomName(name)


def conversation_of(name: RoomName) -> UUID | None:
    """The conversation whose room this is."""
    return UUID(name.removeprefix(_CONVERSATION)) if name.startswith(_CONVERSATION) else None


def is_visitors(name: RoomName) -> bool:
    """Whether this is one visitor's room: there are thousands, and little happens in them."""
    return name.startswith(_VISITOR)
