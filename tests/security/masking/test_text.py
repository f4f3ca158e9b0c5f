"""MaskedText cannot be made, copied into another type, or unpickled around the masking."""

import copy
import pickle

import orjson
import pytest

from security.masking import WITHHELD, MaskedText, mask, withheld
from security.masking.text import trusted


def test_it_is_a_str_that_only_masking_makes() -> None:
    assert isinstance(mask("hello"), str)
    for attempt in (
        lambda: MaskedText("hello"),
        lambda: MaskedText("hello", door=object()),
        lambda: type("Mine", (MaskedText,), {}),
    ):
        with pytest.raises(TypeError):
            attempt()


def test_it_does_not_pass_through_pickle() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(mask("hello"))


def test_a_copy_is_the_same_object() -> None:
    masked = mask("4242424242424242")
    assert copy.copy(masked) is masked
    assert copy.deepcopy({"a": masked})["a"] is masked


def test_it_goes_to_the_wire_as_text_with_counts_of_what_was_masked() -> None:
    masked = mask("4242424242424242, 5555555555554444 and 123-45-6789")
    assert orjson.loads(orjson.dumps({"text": masked}))["text"] == str(masked)
    assert masked.masked == [{"kind": "card", "count": 2}, {"kind": "ssn", "count": 1}]


def test_it_knows_whether_it_was_withheld() -> None:
    assert withheld("hello", "why").is_withheld
    assert not mask("4242424242424242").is_withheld
    assert not mask(WITHHELD).is_withheld, "Anybody can type the sentence"


def test_opened_text_has_no_findings() -> None:
    assert trusted("hello").findings == ()
    assert trusted("hello").masked == []
