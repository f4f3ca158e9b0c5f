"""The fan-out: what was stored is told to every socket that may see it, in this process at once, in others over Valkey.

    place = await hub.join(rooms.conversation(id), member)     # from now on events are kept for the member
    ...read what is newer from the database, send it...
    place.go_live(after_rev=rev_that_was_read)                 # the kept ones, without doubles, then live

The database is the truth, the hub a hint: frames may be lost on their way (Valkey away, process killed), and each
process finds out by `rev` and reads them from the database.
"""

from __future__ import annotations

from chat.live.hub import rooms
from chat.live.hub.announce import Announcer
from chat.live.hub.envelope import Sealer
from chat.live.hub.event import Audience, CatchUp, Event, Member, Side, Truth
from chat.live.hub.fanout import Hub
from chat.live.hub.room import Place
from chat.live.hub.rooms import RoomName, WrongTenant
from chat.live.hub.sharded import ShardedHub

__all__ = [
    "Announcer",
    "Audience",
    "CatchUp",
    "Event",
    "Hub",
    "Member",
    "Place",
    "RoomName",
    "Sealer",
    "ShardedHub",
    "Side",
    "Truth",
    "WrongTenant",
    "rooms",
]
