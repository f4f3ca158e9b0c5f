"""What the writer stored, told to the sender and to everybody who may see it."""

from __future__ import annotations

from dataclasses import dataclass

from chat import events
from chat.live.hub import Audience, Event, Hub, Member, rooms
from chat.live.protocol import server
from chat.live.writer import Posted, Revised, Stored


@dataclass(frozen=True, slots=True)
class Origin:
    """Which socket sent what the writer stored, and the `ref` that its answer carries."""

    member: Member
    ref: int | None


def tell(hub: Hub, stored: Stored) -> None:
    """Publish after the commit, in the order of `rev`; the sending socket gets its `ack` at that place in the order."""
    origin = stored.origin
    sender, ref = (origin.member, origin.ref) if isinstance(origin, Origin) else (None, None)
    match stored:
        case Posted(message=view):
            key = events.author_key(view.author)
            event = events.message_event(view, visible_prev_seq=view.prev_seq, author_key=key)
            hub.publish(
                stored.tenant_id,
                rooms.conversation(view.conversation),
                event,
                sender=sender,
                ack=server.ack(view, ref=ref),
            )
        case Revised():
            hub.publish(
                stored.tenant_id,
                rooms.conversation(stored.conversation),
                revised_event(stored),
                sender=sender,
                ack=server.revised(stored, reason=stored.reason, ref=ref),
            )


def revised_event(stored: Revised) -> Event:
    """A new text, for those who may see the message."""
    audience = Audience.ALL if stored.is_visible else Audience.AGENTS
    return Event(everyone=server.revised(stored, reason=stored.reason), audience=audience, rev=stored.rev)
