"""What crosses Valkey can be read by the same room of the same tenant alone."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from chat.live.hub import Audience, Event, rooms
from chat.live.hub.envelope import PROCESS_BYTES, Malformed, new_process, packed, sealed, unpacked
from chat.live.hub.event import Hint
from tests.chat.live.hub.cast import ACME, RIVAL, TenantSealer, message

FRAMES = st.binary(min_size=1).filter(lambda data: b"\n" not in data)


@given(
    st.builds(
        Event,
        everyone=FRAMES,
        audience=st.sampled_from(Audience),
        visitor=st.none() | FRAMES,
        own=st.none() | FRAMES,
        author=st.none() | st.text(max_size=9),
        rev=st.none() | st.integers(0, 2**53),
    )
    | st.builds(Hint, st.integers(0, 2**53))
)
def test_an_event_comes_out_as_it_went_in(event: Event | Hint) -> None:
    assert unpacked(packed(event)) == event


def test_a_frame_that_could_be_cut_in_two_is_not_sent() -> None:
    with pytest.raises(Malformed):
        packed(message(1, everyone=b"a\nb"))


@given(st.binary())
def test_anything_else_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        unpacked(data)


@pytest.mark.parametrize(
    "data", [b"[2,5]", b'[1,"5"]', b"[1]", b'[2,1,"all",null]\na\n\n', b'[1,1,"some",null]\na\n\n']
)
def test_another_version_or_audience_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        unpacked(data)


def test_another_tenant_or_room_or_byte_cannot_be_opened() -> None:
    sealer, process, room = TenantSealer(), new_process(), rooms.agents(ACME)
    blob = sealed(process, sealer, ACME, room, message(1))
    assert blob[:PROCESS_BYTES] == process
    assert b"m1" not in blob
    body = blob[PROCESS_BYTES:]
    assert unpacked(sealer.open(ACME, room, body)) == message(1)
    for tenant_id, name, data in (
        (RIVAL, room, body),
        (ACME, rooms.agents(RIVAL), body),
        (ACME, room, body[:-1] + bytes([body[-1] ^ 1])),
    ):
        with pytest.raises(InvalidTag):
            sealer.open(tenant_id, name, data)
