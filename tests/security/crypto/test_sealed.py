"""Only masked text becomes a body, and what is opened is masked text."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.crypto.envelope import Undecryptable, new_key, seal
from security.crypto.sealed import SealedData, SealedText, open_data, open_text, seal_data, seal_text
from security.masking import MaskedText, mask

KEY = new_key()


@given(st.text(max_size=200))
def test_a_body_comes_back_as_masked_text(text: str) -> None:
    masked = mask(text)
    sealed = seal_text(masked, KEY, b"here")
    opened = open_text(bytes(sealed), KEY, b"here")
    assert type(sealed) is SealedText
    assert type(opened) is MaskedText
    assert opened == masked


@pytest.mark.parametrize("text", ["4242424242424242", "", b"bytes", None])
def test_plain_text_is_not_sealed_as_a_body(text: object) -> None:
    with pytest.raises(TypeError):
        seal_text(text, KEY, b"here")


def test_what_a_str_method_makes_of_masked_text_is_plain_again() -> None:
    with pytest.raises(TypeError):
        seal_text(mask("a") + mask("b"), KEY, b"here")


def test_personal_data_comes_back() -> None:
    sealed = seal_data("vera@example.com", KEY, b"here")
    assert type(sealed) is SealedData
    assert open_data(sealed, KEY, b"here") == "vera@example.com"
    with pytest.raises(Undecryptable):
        open_data(sealed, KEY, b"there")


def test_authentic_bytes_that_are_no_text_do_not_open() -> None:
    with pytest.raises(Undecryptable):
        open_text(seal(KEY, b"\xff\xfe", b""), KEY, b"")


def test_sealed_values_show_their_length_only() -> None:
    sealed = seal_data("vera", KEY, b"")
    assert str(sealed) == repr(sealed) == f"<SealedData {len(bytes(sealed))} bytes>"
    assert copy.deepcopy(sealed) is sealed
