"""Percent-encoding, HTML entities, escapes of programs, and tags: what they stand for, and where it stood.

One pass decodes one layer; `views` calls it again for what was encoded twice. A percent sequence is read as UTF-8
(RFC 3986), entities by number or by the names that `tables.json` lists; a tag is read as a space.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from security.masking.tables import tables

_ENCODED: Final = re.compile(
    r"(?P<percent>(?:%[0-9a-fA-F]{2})+)"
    r"|&#(?P<decimal>[0-9]{1,7});?|&#[xX](?P<hex>[0-9a-fA-F]{1,6});?|&(?P<name>[a-zA-Z]{2,8});"
    r"|\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u\{(?P<braced>[0-9a-fA-F]{1,6})\}|\\[uU](?:0000)?(?P<escape>[0-9a-fA-F]{4})|\\[xX](?P<byte>[0-9a-fA-F]{2})"
    r"|\\(?P<blank>[ntr])|(?P<quoted>(?:=(?:3[0-9]|20|2[Dd])){2,})"
    r"|(?P<tag></?[a-zA-Z][^<>]{0,200}>|<!--[^<>]{0,200}-->)"
)
_LARGEST: Final = 0x10FFFF
_TWO: Final = 0x80
_LENGTHS: Final = ((0xF0, 4), (0xE0, 3), (0xC0, 2))  # of a UTF-8 sequence by its first byte


class Decoded(NamedTuple):
    """`text[i]` stands for `starts[i]:ends[i]` of the input."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def decoded(text: str, tag: str = " ") -> Decoded:
    """`text` with one layer decoded, tags read as `tag`; linear in its length."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in _ENCODED.finditer(text):
        start, end = match.span()
        pieces.append(text[done:start])
        starts += range(done, start)
        ends += range(done + 1, start + 1)
        for char, begin, stop in _characters(match, tag):
            pieces.append(char)
            starts.append(start + begin)
            ends.append(start + stop)
        done = end
    pieces.append(text[done:])
    starts += range(done, len(text))
    ends += range(done + 1, len(text) + 1)
    return Decoded("".join(pieces), starts, ends)


def _characters(match: re.Match[str], tag: str) -> list[tuple[str, int, int]]:
    """What an encoded stretch stands for: characters with their offsets in it."""
    kind, whole = match.lastgroup, match.group()
    if kind in ("percent", "quoted"):
        return _percent(whole.replace("=", "%"))
    if kind == "tag":
        return [(tag, 0, len(whole))] if tag else []
    if kind == "blank":
        return [(" ", 0, len(whole))]
    if kind == "name":
        name = match.group("name")
        char = tables().entities.get(name) or tables().entities.get(name.lower())
        return [(char, 0, len(whole))] if char else [(char, i, i + 1) for i, char in enumerate(whole)]
    if kind == "low":  # a character beyond 16 bits as JSON writes it
        pair = bytes.fromhex(match.group("high") + match.group("low"))
        return [(pair.decode("utf-16-be"), 0, len(whole))]
    code = int(match.group(kind or ""), 10 if kind == "decimal" else 16)
    return [(chr(code) if 0 < code <= _LARGEST else "\ufffd", 0, len(whole))]


def _percent(whole: str) -> list[tuple[str, int, int]]:
    data = bytes.fromhex(whole.replace("%", ""))
    characters: list[tuple[str, int, int]] = []
    place = 0
    while place < len(data):
        first = data[place]
        length = 1 if first < _TWO else next((size for low, size in _LENGTHS if first >= low), 1)
        try:
            char = data[place : place + length].decode()
        except UnicodeDecodeError:
            char, length = "\ufffd", 1
        characters.append((char or "\ufffd", 3 * place, 3 * (place + length)))
        place += length
    return characters
