"""How an event crosses from one process to another: a header and the variants, sealed for one room of one tenant.

Danger: whoever reaches Valkey could read chats, or replay one tenant's frame into another's room. Rule: everything but
the random number of the sending process is sealed under a key of the tenant with tenant and room as associated data;
what cannot be opened is dropped and counted. Proof: tests/chat/live/hub/test_envelope.py.
"""

from __future__ import annotations

import secrets
from typing import Final, Protocol

import orjson

from chat.live.hub.event import Audience, Event, Hint
from chat.live.hub.rooms import RoomName

PROCESS_BYTES: Final = 8
_VERSION: Final = 1


class Sealer(Protocol):
    """Seals for one room of one tenant; `open` raises an exception where tenant, room or a byte differs."""

    def seal(self, tenant_id: int, room: RoomName, plaintext: bytes, /) -> bytes:
        """Encrypt for this room of this tenant."""
        ...

    def open(self, tenant_id: int, room: RoomName, sealed: bytes, /) -> bytes:
        """Decrypt, or raise."""
        ...


class Malformed(Exception):
    """An envelope that was opened and is not one of ours, such as a newer version's."""


def new_process() -> bytes:
    """A random number for one hub, by which it knows its own envelopes."""
    return secrets.token_bytes(PROCESS_BYTES)


def packed(event: Event | Hint) -> bytes:
    """Lines: JSON frames have no line break in them, so there is nothing to escape."""
    if isinstance(event, Hint):
        return orjson.dumps([_VERSION, event.rev])
    header = orjson.dumps([_VERSION, event.rev, event.audience, event.author])
    lines = (header, event.everyone, event.visitor or b"", event.own or b"")
    found = b"\n".join(lines)
    if found.count(b"\n") != len(lines) - 1:
        raise Malformed
    return found


def unpacked(data: bytes) -> Event | Hint:
    """The event, or Malformed."""
    lines = data.split(b"\n")
    try:
        if len(lines) == 1:
            version, rev = orjson.loads(lines[0])
            if version != _VERSION or type(rev) is not int:
                raise Malformed
            return Hint(rev)
        header, everyone, visitor, own = lines
        version, rev, audience, author = orjson.loads(header)
        if version != _VERSION:
            raise Malformed
        return Event(
            everyone=everyone,
            audience=Audience(audience),
            visitor=visitor or None,
            own=own or None,
            author=author,
            rev=rev,
        )
    except (ValueError, TypeError):
        raise Malformed from None


def sealed(process: bytes, sealer: Sealer, tenant_id: int, room: RoomName, event: Event | Hint) -> bytes:
    """What is published."""
    return process + sealer.seal(tenant_id, room, packed(event))
