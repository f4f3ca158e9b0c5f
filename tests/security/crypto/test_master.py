"""Rings wrap with their newest key and unwrap with all of them."""

import pytest

from security.crypto.envelope import Undecryptable, new_key
from security.crypto.master import Ring

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
DATA = new_key()


def test_a_wrapped_key_comes_back_in_its_place_only() -> None:
    ring = Ring((OLD,))
    wrapped = ring.wrap(DATA, b"here")
    assert ring.unwrap(wrapped, b"here") == DATA
    assert DATA not in wrapped
    with pytest.raises(Undecryptable):
        ring.unwrap(wrapped, b"there")


def test_a_new_master_key_reads_what_the_old_one_wrapped() -> None:
    wrapped = Ring((OLD,)).wrap(DATA, b"")
    rotated = Ring((NEW, OLD))
    assert rotated.unwrap(wrapped, b"") == DATA
    assert not rotated.is_current(wrapped)
    assert rotated.is_current(rotated.wrap(DATA, b""))


def test_a_removed_master_key_reads_no_more() -> None:
    with pytest.raises(Undecryptable):
        Ring((NEW,)).unwrap(Ring((OLD,)).wrap(DATA, b""), b"")


def test_each_changed_byte_of_a_wrapped_key_is_detected() -> None:
    ring = Ring((NEW, OLD))
    wrapped = ring.wrap(DATA, b"here")
    for position in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        with pytest.raises(Undecryptable):
            ring.unwrap(bytes(changed), b"here")
    with pytest.raises(Undecryptable):
        ring.unwrap(b"", b"here")


@pytest.mark.parametrize("keys", [(), (b"short",), (OLD, OLD), (OLD, b"x" * 16)])
def test_a_ring_of_unusable_keys_is_refused(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="key"):
        Ring(keys)


def test_only_whole_keys_are_wrapped() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Ring((OLD,)).wrap(b"short", b"")


def test_keys_do_not_show_in_a_repr() -> None:
    assert repr(OLD) not in repr(Ring((OLD,)))
