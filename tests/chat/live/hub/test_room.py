"""Who gets what, and in which order, inside one process."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.live.hub import Audience, CatchUp, Side, WrongTenant, rooms
from chat.live.hub.event import Hint
from chat.live.hub.room import KEPT_WHILE_JOINING, ConversationRoom, Room
from tests.chat.live.hub.cast import ACME, RIVAL, Listener, message, passing


class Gaps:
    """Counts how often a room asked for what it misses."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, room: ConversationRoom) -> None:  # noqa: ARG002
        self.count += 1


def conversation(gaps: Gaps | None = None) -> ConversationRoom:
    return ConversationRoom(rooms.conversation(uuid4()), ACME, gaps or Gaps())


def live(room: Room, *, rev: int = 0, **who: object) -> Listener:
    listener = Listener(**who)
    room.join(listener.member).go_live(rev)
    return listener


def test_revs_are_delivered_in_order_and_once() -> None:
    gaps = Gaps()
    room = conversation(gaps)
    alice = live(room)
    for rev in (1, 3, 3, 2, 1, 2, 5, 4, 5):
        room.offer(message(rev))
    assert alice.got == ["m1", "m2", "m3", "m4", "m5"]
    assert gaps.count


@given(st.permutations(range(1, 9)), st.data())
def test_whatever_the_order_of_arrival_everybody_gets_each_rev_once(order: list[int], data: st.DataObject) -> None:
    """Members join at any moment, having read any rev that was stored by then; stored is all that arrived, and more."""
    room, members = conversation(), []
    for index, rev in enumerate(order):
        if data.draw(st.booleans()):
            listener = Listener()
            members.append((listener, room.join(listener.member), index))
        room.offer(message(rev))
        for listener, place, _ in [entry for entry in members if not entry[0].failed and data.draw(st.booleans())]:
            read = max(order[: index + 1])
            listener.got += [f"m{n}" for n in range(1, read + 1)]
            listener.failed = read
            place.go_live(read)
    for listener, place, _ in members:
        if not listener.failed:
            listener.got += [f"m{n}" for n in range(1, 9)]
            place.go_live(8)
    if room.last_rev is not None:
        room.settle(CatchUp([message(rev) for rev in range(room.last_rev + 1, 9)], 8))
    for listener, _, _ in members:
        assert listener.got == [f"m{n}" for n in range(1, 9)]


def test_a_visitor_never_gets_what_is_for_agents() -> None:
    room = conversation()
    vera = live(room, side=Side.VISITOR, key="visitor:vera")
    alice = live(room)
    note = message(1, audience=Audience.AGENTS, visitor=b"leak", own=b"leak", author="visitor:vera")
    room.offer(note)
    room.offer(passing("agents only", audience=Audience.AGENTS))
    room.offer(message(2))
    assert vera.got == ["m2"]
    assert alice.got == ["m1", "agents only", "m2"]


def test_each_member_gets_its_own_variant() -> None:
    room = conversation()
    vera, other_tab = (live(room, side=Side.VISITOR, key="visitor:vera") for _ in range(2))
    guest = live(room, side=Side.VISITOR, key="visitor:guest")
    alice = live(room)
    event = message(1, visitor=b"to visitors", own=b"with client_id", author="visitor:vera")
    room.offer(event, vera.member, b"ack")
    assert (vera.got, other_tab.got, guest.got, alice.got) == (["ack"], ["with client_id"], ["to visitors"], ["m1"])


def test_an_acknowledgement_keeps_its_place_in_the_order() -> None:
    room = conversation()
    vera = live(room, side=Side.VISITOR)
    room.offer(message(2), vera.member, b"ack2")
    assert vera.got == []
    room.offer(message(1))
    assert vera.got == ["m1", "ack2"]


def test_an_acknowledgement_is_never_lost() -> None:
    room, stranger = conversation(), Listener()
    room.offer(message(1), stranger.member, b"not in the room")
    assert stranger.got == ["not in the room"]

    joining = Listener()
    place = room.join(joining.member)
    live(room, rev=1)
    room.offer(message(2), joining.member, b"ack2")
    place.go_live(2)
    assert joining.got == ["ack2"]

    room.offer(message(4), joining.member, b"ack4")
    room.settle(CatchUp([message(3), message(4)], 4))
    assert joining.got == ["ack2", "m3", "ack4"]

    room.offer(message(4), joining.member, b"again")
    room.offer(message(6), joining.member, b"ack6")
    room.leave(joining.member)
    assert joining.got == ["ack2", "m3", "ack4", "again", "ack6"]


def test_what_is_read_while_joining_is_not_given_twice() -> None:
    room = conversation()
    live(room)
    joining = Listener()
    place = room.join(joining.member)
    for rev in (1, 2, 3):
        room.offer(message(rev))
    room.offer(passing("typing"))
    assert joining.got == []
    place.go_live(after_rev=2)
    assert joining.got == ["m3", "typing"]


def test_a_hint_or_a_later_reading_shows_a_gap() -> None:
    gaps = Gaps()
    room = conversation(gaps)
    room.offer(Hint(3))
    assert gaps.count == 0
    live(room, rev=3)
    assert gaps.count == 0
    room.offer(Hint(3))
    assert not room.is_behind
    room.offer(Hint(4))
    assert gaps.count == 1
    room.settle(CatchUp([message(4)], 4))
    assert not room.is_behind
    live(room, rev=6)
    assert gaps.count == 2


def test_a_hint_before_the_first_reading_is_remembered() -> None:
    gaps = Gaps()
    room = conversation(gaps)
    alice = Listener()
    place = room.join(alice.member)
    room.offer(Hint(5))
    place.go_live(4)
    assert gaps.count
    room.settle(CatchUp([message(5)], 5))
    assert alice.got == ["m5"]


def test_a_catch_up_with_fewer_events_than_revs_is_complete() -> None:
    room = conversation()
    alice = live(room, rev=2)
    room.offer(message(7))
    room.settle(CatchUp([message(4), message(6)], 6))
    assert alice.got == ["m4", "m6", "m7"]
    assert not room.is_behind


def test_tenants_never_meet_in_a_room() -> None:
    room = conversation()
    with pytest.raises(WrongTenant):
        room.join(Listener(tenant_id=RIVAL).member)
    assert not room.places


def test_who_joins_and_never_reads_is_ended_not_kept_for() -> None:
    room = Room(rooms.agents(ACME), ACME)
    alice = Listener()
    room.join(alice.member)
    for n in range(KEPT_WHILE_JOINING + 1):
        room.offer(passing(str(n)))
    assert alice.failed == 1


def test_a_flood_out_of_order_is_bounded_and_still_made_good() -> None:
    room = conversation()
    alice = live(room)
    for rev in range(2, 5_000):
        room.offer(message(rev))
    assert len(room._waiting) <= 1_000
    room.settle(CatchUp([message(rev) for rev in range(1, 5_000)], 4_999))
    assert alice.got == [f"m{rev}" for rev in range(1, 5_000)]
