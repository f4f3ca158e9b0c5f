"""What is shown one below the other, field by field or word by word: no number may stand in several of them together.

Danger: `{"c1": "4242", "c2": "4242", …}` is a card that no field holds. Rule: all values with digits are masked as one text too, as they were given and by
their names, and the digits of each value that is part of what is found are hidden. Names of fields are shown as well, and a tampered client sends
what names it likes: figures in them count among themselves and with the values, and become `x` as those in the path of an address do. An e-mail
address that is a number before its @ counts, though it stays as it is; other addresses and the phone number, which are parsed, stay out of it.
The title of a page stands above its address and where it was come from, and a conversation's tags stand in a row: they are looked at in the same way.
Proof: tests/chat/test_side_by_side.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import unquote_plus, urlsplit

from chat.live.protocol.addresses import rebuilt_origin
from chat.personal import Page, Profile
from security.masking import MAX_LENGTH, MaskedText
from security.masking.reading.views import digits_of
from security.masking.render import BULLET

_NAME: Final = ""  # no field is called so
_EMAIL: Final = "@"  # nor so
_HOLDS: Final = "\x00"  # behind the name of a field: what it holds, right behind the name in any order
_NUMERIC: Final = re.compile(r"[0-9][0-9._\-]*")
_NO_FIGURES: Final = re.compile("[^0-9]+")
_FIGURE: Final = re.compile("[0-9]")


def without_joined_numbers(profile: Profile, masked: Callable[[str], MaskedText]) -> Profile:
    """`profile` without the digits of what its values and the names of its fields spell together."""
    address = profile.email.partition("@")[0]
    shown = {_NAME: profile.name, _EMAIL: address if _NUMERIC.fullmatch(address) else ""}
    for name, value in profile.fields.items():
        shown |= {name: _NO_FIGURES.sub("", name), name + _HOLDS: value}
    shown = {part: text for part, text in shown.items() if digits_of(text)}
    called = {part: text for part, text in shown.items() if part in profile.fields}
    held = {part: text for part, text in shown.items() if part not in called}
    found = {part for parts in ((held, called, shown) if called else (held,)) for part in _found(parts, masked)}
    if not found:
        return profile
    fields = {
        _FIGURE.sub("x", name) if name in found else name: _without_digits(value) if name + _HOLDS in found else value
        for name, value in profile.fields.items()
    }
    return replace(profile, name=_without_digits(profile.name) if _NAME in found else profile.name, fields=fields)


def page_without_joined_numbers(page: Page, masked: Callable[[str], MaskedText]) -> Page:
    """`page` without what its title, its address and the one before spell together: digits of the title, all but the origin of an address."""
    shown = {"title": page.title, "url": _behind_origin(page.url), "referrer": _behind_origin(page.referrer)}
    found = _found({part: text for part, text in shown.items() if digits_of(text)}, masked)
    if not found:
        return page
    return Page(
        title=_without_digits(page.title) if "title" in found else page.title,
        url=rebuilt_origin(page.url) or "" if "url" in found else page.url,
        referrer=rebuilt_origin(page.referrer) or "" if "referrer" in found else page.referrer,
    )


def tags_without_joined_numbers(names: Sequence[str], masked: Callable[[str], MaskedText]) -> Mapping[str, MaskedText]:
    """Those of a conversation's tags that are part of a number together, each with what is shown in its place."""
    found = _found({name: name for name in names if digits_of(name)}, masked)
    return {name: masked(_without_digits(name)) for name in names if name in found}


def _behind_origin(url: str) -> str:
    parts = urlsplit(url)
    return unquote_plus(f"{parts.path}?{parts.query}").strip("/?")


def _found(parts: Mapping[str, str], masked: Callable[[str], MaskedText]) -> set[str]:
    """What is part of a number that begins in one of them and ends in another."""
    if len(parts) <= 1:
        return set()
    if sum(map(len, parts.values())) + len(parts) > MAX_LENGTH:
        return set(parts)
    return {
        name
        for order in (list(parts), sorted(parts))
        for between in ("", " ")
        for name in _touched(parts, order, between, masked)
    }


def _touched(
    parts: Mapping[str, str], order: Sequence[str], between: str, masked: Callable[[str], MaskedText]
) -> Iterator[str]:
    places, at = [], 0
    for name in order:
        places.append((name, at, at + len(parts[name])))
        at += len(parts[name]) + len(between)
    for finding in masked(between.join(parts[name] for name in order)).findings:
        touched = [name for name, start, end in places if start < finding.end and finding.start < end]
        if len(touched) > 1:
            yield from touched


def _without_digits(value: str) -> str:
    pieces, done = [], 0
    for digit in digits_of(value):
        pieces.append(value[done : digit.start])
        if digit.start >= done:  # a word such as "double four" is several digits
            pieces.append(BULLET)
        done = max(done, digit.end)
    return "".join([*pieces, value[done:]])
