"""What one tenant's event is to another: in the rooms of a process, and on its way between processes."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chat.live.hub import rooms
from chat.live.hub.room import Place, Room
from chat.live.sealing import TenantSealer
from security.crypto import keyring
from security.crypto.envelope import Undecryptable, bind, open_sealed
from security.scoping import tenant_scope
from tests import cast
from tests.chat.live.hub.cast import ACME, RIVAL, Listener, passing


def test_what_is_sent_is_checked_against_each_reader() -> None:
    """Whatever put him there: a reader of another tenant is told nothing."""
    room = Room(rooms.agents(ACME), ACME)
    alice, mallory = Listener(tenant_id=ACME), Listener(tenant_id=RIVAL)
    room.join(alice.member).go_live()
    smuggled = room.places[mallory.member] = Place(room, mallory.member)
    smuggled.go_live()
    room.offer(passing("for acme"))
    assert alice.got
    assert mallory.got == []


def test_no_two_tenants_have_one_channel() -> None:
    same = uuid4()
    for name in (rooms.conversation(same), rooms.visitor(same), rooms.member(same)):
        assert rooms.channel("chat:", (ACME, name)) != rooms.channel("chat:", (RIVAL, name))
        assert rooms.key_of("chat:", rooms.channel("chat:", (ACME, name))) == (ACME, name)
    assert rooms.agents(ACME) != rooms.agents(RIVAL)


@pytest.mark.django_db
def test_an_envelope_opens_in_its_own_room_under_its_own_tenants_key_alone() -> None:
    keyring.forget_everything()
    acme, rival = cast.acme().tenant_id, cast.rival().tenant_id
    sealer, room = TenantSealer(), rooms.conversation(uuid4())
    keys = {}
    for tenant_id in (acme, rival):
        sealer.load(tenant_id)
        with tenant_scope(tenant_id):
            keys[tenant_id] = keyring.derived_key("hub")
    sealed = sealer.seal(acme, room, b"between us")
    assert sealer.open(acme, room, sealed) == b"between us"
    for tenant_id, place in ((rival, room), (acme, rooms.conversation(uuid4())), (acme, rooms.agents(acme))):
        with pytest.raises(Undecryptable):
            sealer.open(tenant_id, place, sealed)
    bound = bind("hub", acme, str(room))
    assert open_sealed(keys[acme], sealed, bound) == b"between us"
    with pytest.raises(Undecryptable):
        open_sealed(keys[rival], sealed, bound)
