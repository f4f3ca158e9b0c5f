"""A room of one process: its members, and for a conversation the order of what they are given.

Danger: a frame of one tenant in another's socket, a note in a visitor's, a revision before its message. Rule: the room
has one tenant, a member's and an event's must equal it; the audience decides before any variant does; in a conversation
only `last_rev` + 1 is delivered, and what is missing is asked of the database. Proof: tests/chat/live/hub/test_room.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chat.live.hub.event import CatchUp, Event, Hint, Member
from chat.live.hub.rooms import RoomName, WrongTenant

KEPT_WHILE_JOINING: Final = 1_000
KEPT_OUT_OF_ORDER: Final = 1_000


class Place:
    """A member in a room.

    Until `go_live` events are kept for it, so that it can read the database in between and miss nothing.
    """

    __slots__ = ("_kept", "_room", "_seen_rev", "member")

    def __init__(self, room: Room, member: Member) -> None:
        self.member = member
        self._room = room
        self._seen_rev = 0
        self._kept: list[tuple[Event, bytes | None]] | None = []

    @property
    def room(self) -> RoomName:
        """The room's name."""
        return self._room.name

    def go_live(self, after_rev: int = 0) -> None:
        """The member has everything up to `after_rev`: give it what was kept beyond, then whatever comes."""
        kept, self._kept = self._kept or (), None
        self._seen_rev = max(self._seen_rev, after_rev)
        for event, ack in kept:
            self.take(event, ack)
        self._room.reached(after_rev)

    def take(self, event: Event, ack: bytes | None) -> None:
        """Deliver the member's variant; a sending socket gets its `ack` instead, even for what it has read already."""
        if self._kept is not None:
            self._keep(event, ack)
        elif ack is not None:
            self.member.deliver(ack)
        elif event.rev is None or event.rev > self._seen_rev:
            frame = event.frame_for(self.member)
            if frame is not None:
                self.member.deliver(frame)

    def _keep(self, event: Event, ack: bytes | None) -> None:
        if self._kept is None:
            return
        if len(self._kept) >= KEPT_WHILE_JOINING:
            self._kept.clear()
            self.member.fail()
        else:
            self._kept.append((event, ack))


class Room:
    """A room without order: what comes is passed on."""

    def __init__(self, name: RoomName, tenant_id: int) -> None:
        self.name = name
        self.tenant_id = tenant_id
        self.places: dict[Member, Place] = {}

    def join(self, member: Member) -> Place:
        """A place for `member`, keeping what comes; joining twice gives the first place."""
        if member.tenant_id != self.tenant_id:
            raise WrongTenant
        place = self.places.get(member)
        if place is None:
            place = self.places[member] = Place(self, member)
        return place

    def leave(self, member: Member) -> None:
        """Nothing more for `member`; leaving twice is no error."""
        self.places.pop(member, None)

    def offer(self, event: Event | Hint, sender: Member | None = None, ack: bytes | None = None) -> None:
        """Give `event` to the members, and `ack` to the sending socket in its stead."""
        if isinstance(event, Event):
            self._give(event, sender, ack)

    def reached(self, rev: int) -> None:
        """A member has read up to `rev`."""

    def _give(self, event: Event, sender: Member | None, ack: bytes | None) -> None:
        if ack is not None and sender is not None and sender not in self.places:
            sender.deliver(ack)
        for member, place in list(self.places.items()):
            if member.tenant_id == self.tenant_id:
                place.take(event, ack if member is sender else None)


class ConversationRoom(Room):
    """A room in the order of `rev`.

    `last_rev` is what all live members have; None until the first one read the database. `on_gap` is called when
    something is missing, possibly often: it asks the database once and calls `settle`.
    """

    def __init__(self, name: RoomName, tenant_id: int, on_gap: Callable[[ConversationRoom], None]) -> None:
        super().__init__(name, tenant_id)
        self.last_rev: int | None = None
        self._known_rev = 0
        self._on_gap = on_gap
        self._waiting: dict[int, tuple[Event, Member | None, bytes | None]] = {}

    @property
    def is_behind(self) -> bool:
        """Whether there is something newer than what the members have."""
        return self.last_rev is not None and (self._known_rev > self.last_rev or bool(self._waiting))

    def offer(self, event: Event | Hint, sender: Member | None = None, ack: bytes | None = None) -> None:
        """Deliver in order; drop a double; keep what came too early and ask for what is missing."""
        if event.rev is None:
            super().offer(event, sender, ack)
            return
        if isinstance(event, Hint):
            self._know(event.rev)
            return
        if self.last_rev is not None and event.rev <= self.last_rev:
            _acknowledge(sender, ack)
            return
        if sender is not None and sender not in self.places:
            _acknowledge(sender, ack)
            sender, ack = None, None
        self._wait(event.rev, event, sender, ack)
        self._advance()

    def leave(self, member: Member) -> None:
        """Acknowledgements that wait for their turn are given at once: what they say is true already."""
        for rev, (event, sender, ack) in self._waiting.items():
            if sender is member:
                _acknowledge(sender, ack)
                self._waiting[rev] = (event, None, None)
        super().leave(member)

    def reached(self, rev: int) -> None:
        """The first to read the database sets where the room stands; a later one may show that it is behind."""
        if self.last_rev is None:
            self.last_rev = rev
            self._forget_waiting()
            self._advance()
        self._know(rev)

    def settle(self, found: CatchUp) -> None:
        """Deliver what the database has beyond `last_rev`, then what waited for it."""
        if self.last_rev is None or found.rev <= self.last_rev:
            return
        for event in found.events:
            if event.rev is None or event.rev > self.last_rev:
                waiting = self._waiting.pop(event.rev, None) if event.rev is not None else None
                self._give(*(waiting or (event, None, None)))
        self.last_rev = found.rev
        self._forget_waiting()
        self._advance()

    def _know(self, rev: int) -> None:
        self._known_rev = max(self._known_rev, rev)
        if self.is_behind:
            self._on_gap(self)

    def _wait(self, rev: int, event: Event, sender: Member | None, ack: bytes | None) -> None:
        self._known_rev = max(self._known_rev, rev)
        if rev in self._waiting and ack is None:
            return
        if len(self._waiting) >= KEPT_OUT_OF_ORDER and ack is None:
            # The database will be asked anyway; `_known_rev` remembers that it must be.
            return
        self._waiting[rev] = (event, sender, ack)

    def _advance(self) -> None:
        """Deliver while the next one is there."""
        if self.last_rev is None:
            return
        while (waiting := self._waiting.pop(self.last_rev + 1, None)) is not None:
            self.last_rev += 1
            self._give(*waiting)
        if self.is_behind:
            self._on_gap(self)

    def _forget_waiting(self) -> None:
        """Drop what the members have by now, all but acknowledgements."""
        if self.last_rev is None:
            return
        for rev in sorted(rev for rev in self._waiting if rev <= self.last_rev):
            _, sender, ack = self._waiting.pop(rev)
            _acknowledge(sender, ack)


def _acknowledge(sender: Member | None, ack: bytes | None) -> None:
    if sender is not None and ack is not None:
        sender.deliver(ack)
