"""What the writer stored, told to the sender and to everybody who may see it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chat import events
from chat.live.hub import Audience, Event, Hub, Member, ShardedHub, rooms
from chat.live.protocol import server
from chat.live.writer import Posted, Revised, Stored
from security.sockets.consumer import log_failure


@dataclass(frozen=True, slots=True)
class Origin:
    """Which socket sent what the writer stored, and the `ref` that its answer carries."""

    member: Member
    ref: int | None


def tell(hub: Hub | ShardedHub, stored: Stored) -> None:
    """Publish after the commit, in the order of `rev`; the sending socket gets its `ack` at that place in the order.

    Where publishing fails the sender still learns that it is stored; the others find it in the database.
    """
    origin = stored.origin
    sender, ref = (origin.member, origin.ref) if isinstance(origin, Origin) else (None, None)
    ack = _ack(stored, ref)
    try:
        conversation, event = _event(stored)
        hub.publish(stored.tenant_id, rooms.conversation(conversation), event, sender=sender, ack=ack)
    except Exception as error:  # noqa: BLE001 - it is stored, and that is what the sender waits for
        log_failure("telling", error)
        if sender is not None:
            sender.deliver(ack)


def _ack(stored: Stored, ref: int | None) -> bytes:
    match stored:
        case Posted(message=view):
            return server.ack(view, ref=ref)
        case Revised():
            return server.revised(stored, reason=stored.reason, ref=ref)


def _event(stored: Stored) -> tuple[UUID, Event]:
    """Where it happened, and what the others are told."""
    match stored:
        case Posted(message=view):
            key = events.author_key(view.author)
            return view.conversation, events.message_event(view, visible_prev_seq=view.prev_seq, author_key=key)
        case Revised():
            return stored.conversation, revised_event(stored)


def revised_event(stored: Revised) -> Event:
    """A new text, for those who may see the message."""
    audience = Audience.ALL if stored.is_visible else Audience.AGENTS
    return Event(everyone=server.revised(stored, reason=stored.reason), audience=audience, rev=stored.rev)
