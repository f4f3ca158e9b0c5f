"""The envelope opens what it sealed, for the place it was sealed for, and nothing else."""

import hashlib
import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.crypto.envelope import (
    KEY_BYTES,
    Undecryptable,
    aad,
    bind,
    derive,
    keyed_digest,
    lookup_key,
    new_key,
    open_sealed,
    record_aad,
    seal,
)

KEY = bytes(range(32))
CONVERSATION, MESSAGE = UUID(int=1), UUID(int=2)
PLACE = aad(1, 7, CONVERSATION, MESSAGE, 3, 4, "body")


@given(st.binary(max_size=2_000), st.binary(max_size=100))
def test_what_was_sealed_opens(plaintext: bytes, place: bytes) -> None:
    assert open_sealed(KEY, seal(KEY, plaintext, place), place) == plaintext


def test_each_flipped_bit_is_detected() -> None:
    blob = seal(KEY, b"the words of Vera", PLACE)
    for position in range(len(blob)):
        for bit in range(8):
            changed = bytearray(blob)
            changed[position] ^= 1 << bit
            with pytest.raises(Undecryptable):
                open_sealed(KEY, bytes(changed), PLACE)


def test_every_truncation_is_detected() -> None:
    blob = seal(KEY, b"", PLACE)
    for length in range(len(blob)):
        with pytest.raises(Undecryptable):
            open_sealed(KEY, blob[:length], PLACE)
    with pytest.raises(Undecryptable):
        open_sealed(KEY, blob + b"\0", PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        aad(2, 7, CONVERSATION, MESSAGE, 3, 4, "body"),
        aad(1, 8, CONVERSATION, MESSAGE, 3, 4, "body"),
        aad(1, 7, MESSAGE, MESSAGE, 3, 4, "body"),
        aad(1, 7, CONVERSATION, CONVERSATION, 3, 4, "body"),
        aad(1, 7, CONVERSATION, MESSAGE, 4, 4, "body"),
        aad(1, 7, CONVERSATION, MESSAGE, 3, 5, "body"),
        aad(1, 7, CONVERSATION, MESSAGE, 4, 3, "body"),
        aad(1, 7, CONVERSATION, MESSAGE, 3, 4, "note"),
        record_aad(1, 7, "message", MESSAGE, "body"),
        b"",
    ],
)
def test_it_does_not_open_in_another_place(elsewhere: bytes) -> None:
    with pytest.raises(Undecryptable):
        open_sealed(KEY, seal(KEY, b"secret", PLACE), elsewhere)


def test_it_does_not_open_with_another_key() -> None:
    with pytest.raises(Undecryptable):
        open_sealed(new_key(), seal(KEY, b"secret", PLACE), PLACE)


def test_the_refusal_says_nothing_about_why() -> None:
    messages = set()
    for blob in (b"", b"\x09" * 60, seal(new_key(), b"x", PLACE)):
        with pytest.raises(Undecryptable) as caught:
            open_sealed(KEY, blob, PLACE)
        messages.add(str(caught.value))
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert len(messages) == 1


def test_the_same_words_never_look_the_same() -> None:
    assert len({seal(KEY, b"yes", PLACE) for _ in range(500)}) == 500


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33, 64])
def test_only_keys_of_256_bits_are_used(length: int) -> None:
    key = b"k" * length
    for use in (seal, open_sealed):
        with pytest.raises(ValueError, match="32 bytes"):
            use(key, b"", b"")
    with pytest.raises(ValueError, match="32 bytes"):
        derive(key, b"purpose")


_parts = st.lists(st.one_of(st.integers(), st.text(), st.binary(), st.uuids(), st.none()), max_size=5)


@given(_parts, _parts)
def test_different_places_never_have_the_same_encoding(one: list[object], other: list[object]) -> None:
    def shape(parts: list[object]) -> list[tuple[type, object]]:
        return [(type(part), part) for part in parts]

    assert (bind(*one) == bind(*other)) == (shape(one) == shape(other))


def test_neighbouring_parts_cannot_lend_each_other_bytes() -> None:
    assert bind("ab", "c") != bind("a", "bc") != bind("abc")
    assert bind(1) != bind("1") != bind(b"1")
    assert bind(UUID(int=5)) != bind(UUID(int=5).bytes)
    assert bind(None) != bind("") != bind(b"")


def test_only_exact_types_are_bound() -> None:
    for part in (True, 1.5, bytearray(b"x")):
        with pytest.raises(TypeError):
            bind(part)


def test_derived_keys_follow_rfc_5869_and_differ_by_purpose() -> None:
    # HKDF-SHA256 without salt, computed here step by step.
    extracted = hmac.new(b"\0" * 32, KEY, hashlib.sha256).digest()
    assert derive(KEY, b"purpose") == hmac.new(extracted, b"purpose\x01", hashlib.sha256).digest()
    assert derive(KEY, b"one") != derive(KEY, b"two")
    assert len(derive(KEY, b"one")) == KEY_BYTES
    with pytest.raises(ValueError, match="purpose"):
        derive(KEY, b"")


def test_lookup_digests_differ_by_kind_and_by_key() -> None:
    digests = {
        keyed_digest(lookup_key(key, kind), "vera@example.com")
        for key in (KEY, new_key())
        for kind in ("email", "external_id")
    }
    assert len(digests) == 4
    assert keyed_digest(lookup_key(KEY, "email"), "a") == keyed_digest(lookup_key(KEY, "email"), "a")
