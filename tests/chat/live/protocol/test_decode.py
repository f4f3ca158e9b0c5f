"""Two parsers can never read one frame in two ways."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.live.protocol.decode import MAX_BYTES, MAX_DEPTH, Undecodable, decode

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab:{}",\\', max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text('ab:"\\,{', max_size=4), VALUES, max_size=4))
def test_an_object_without_duplicates_is_read_as_it_is(value: dict[str, Any]) -> None:
    if depth(value) > MAX_DEPTH:
        with pytest.raises(Undecodable):
            decode(orjson.dumps(value))
    else:
        assert decode(orjson.dumps(value)) == value
        assert decode(json.dumps(value)) == value


@given(
    st.lists(st.tuples(st.text('a:"\\', max_size=2), st.text('a:"\\{,', max_size=4)), min_size=1, max_size=4),
    st.booleans(),
    st.integers(0, 2),
)
def test_a_repeated_key_is_refused_wherever_and_however_it_is_written(
    pairs: list[tuple[str, str]], ascii_escapes: bool, level: int
) -> None:
    again = pairs[0][0]
    written = [f"{json.dumps(key, ensure_ascii=ascii_escapes)}:{json.dumps(value)}" for key, value in pairs]
    escaped = "".join(f"\\u{ord(char):04x}" for char in again)
    text = "{" + ",".join([*written, f'"{escaped}" : null']) + "}"
    for _ in range(level):
        text = '{"in":' + text + "}"
    with pytest.raises(Undecodable):
        decode(text)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "null",
        "[]",
        '"text"',
        "17",
        "{",
        '{"a":1}{"b":2}',
        '{"a":NaN}',
        '{"a":Infinity}',
        '{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        '{"a":"\ud800"}',
        "[" * 60_000,
        '{"a":' * 10_000,
        '{"a":' + "[" * 900 + "]" * 900 + "}",
        '{"a":' + '{"b":' * 900 + "1" + "}" * 900 + "}",
        "\ufeff{}",
    ],
)
def test_what_is_no_frame_is_refused_without_a_word_about_it(raw: str | bytes) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(raw)
    assert refused.value.args == ()
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_the_size_counts_bytes_not_characters() -> None:
    fits = '{"a":"' + "x" * (MAX_BYTES - 8) + '"}'
    assert decode(fits)["a"]
    assert decode(fits.encode())["a"]
    with pytest.raises(Undecodable):
        decode(fits + " ")
    with pytest.raises(Undecodable):
        decode('{"a":"' + "é" * (MAX_BYTES // 2) + '"}')


def depth(value: object) -> int:
    """Levels of containers inside `value`, the outermost not counted."""
    if isinstance(value, dict):
        return max((1 + depth(item) if isinstance(item, dict | list) else 0 for item in value.values()), default=0)
    if isinstance(value, list):
        return max((1 + depth(item) if isinstance(item, dict | list) else 0 for item in value), default=0)
    return 0
