"""JSON text of a frame into one dict, refusing what two parsers could read in two ways.

Danger: with duplicate keys, a check and a use can see different values. orjson keeps the last one silently, and `json`
with a pairs hook costs three times as much. Rule: every key costs exactly one colon in the text, so a text with as many
colons as the parsed object has keys has no duplicate, no nested object and no colon in a string. That is nearly all of
chat; the rest is read a second time with a hook that sees each pair. Proof: tests/chat/live/protocol/test_decode.py.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

MAX_BYTES = 64 * 1024
MAX_DEPTH = 4


class Undecodable(Exception):
    """Not one JSON object of this protocol; deliberately without a word about the input."""


def decode(raw: str | bytes) -> dict[str, Any]:
    """One JSON object of at most 64 KiB and four levels, without duplicate keys, NaN or lone surrogates.

    Else Undecodable.
    """
    try:
        if _size(raw) > MAX_BYTES:
            raise Undecodable
        found = orjson.loads(raw)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        # `from None`: orjson's error carries the whole document.
        raise Undecodable from None
    if type(found) is not dict:
        raise Undecodable
    colons = raw.count(":") if isinstance(raw, str) else raw.count(b":")
    if colons != len(found):
        _refuse_depth(found, MAX_DEPTH)
        _refuse_duplicates(raw)
    elif any(type(value) is list for value in found.values()):
        _refuse_depth(found, MAX_DEPTH)
    return found


def _size(raw: str | bytes) -> int:
    if isinstance(raw, bytes) or raw.isascii():
        return len(raw)
    return len(raw.encode())


def _refuse_depth(value: object, levels: int) -> None:
    """Recursion is bounded by `levels`, whatever the input's depth."""
    if type(value) is dict:
        inner: list[object] = list(value.values())
    elif type(value) is list:
        inner = value
    else:
        return
    if levels == 0:
        raise Undecodable
    for item in inner:
        _refuse_depth(item, levels - 1)


def _refuse_duplicates(raw: str | bytes) -> None:
    try:
        _by_pairs.decode(raw if isinstance(raw, str) else raw.decode())
    except ValueError:
        raise Undecodable from None


def _unique(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise Undecodable


_by_pairs = json.JSONDecoder(object_pairs_hook=_unique)
