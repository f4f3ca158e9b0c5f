# ruff: noqa: ARG001 - every reader has the same signature, and most have nothing to mask
"""What a field of a frame may be: each reader takes one JSON value and returns a typed one, or refuses.

Danger: a reader that lets a `str` through unparsed lets a card number through unmasked. Rule: text leaves a reader as
MaskedText or in the canonical form of its type, never as it came. Proof: tests/chat/live/protocol/test_fields.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol, TypeVar
from uuid import UUID

from chat.live.protocol import addresses
from chat.live.protocol.codes import ErrorCode
from security.masking import MaskedText
from security.masking.reading.views import digits_of

Masker = Callable[[str], MaskedText]
E = TypeVar("E", bound=StrEnum)
R_co = TypeVar("R_co", covariant=True)

TEXT_LIMIT: Final = 8_000
FREE_TEXT_LIMIT: Final = 500
NAME_LIMIT: Final = 120
TAG_LIMIT: Final = 40
TAG_COUNT: Final = 20
FIELD_COUNT: Final = 20
FIELDS_TEXT_LIMIT: Final = 8_000
OPEN_COUNT: Final = 500
JWT_LIMIT: Final = 4_096
# The largest integer that JavaScript, PostgreSQL and Python all hold exactly.
INT_LIMIT: Final = 2**53 - 1


class Refused(Exception):
    """A value is not one of its field; `code` is all that is said about it."""

    def __init__(self, code: ErrorCode = ErrorCode.BAD_FRAME) -> None:
        super().__init__(code)
        self.code = code


class Reader(Protocol[R_co]):
    """Turns one JSON value into a typed one, or raises Refused."""

    def __call__(self, value: object, masker: Masker, /) -> R_co: ...


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.IGNORECASE | re.ASCII)
# Controls, formats (zero-width, marks of direction), surrogates, private and unassigned code points, all kinds of
# spaces; and the two
# letters that fonts draw as nothing.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_UNSEEN_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_PREVIEW_DIGITS: Final = 6
# Kinds of finding that an e-mail address or a phone number is by itself.
_OWN_KINDS = frozenset({"email", "phone"})


def _text(value: object) -> str:
    if type(value) is not str:
        raise Refused
    return value


def is_blank(text: str) -> bool:
    """Whether there is nothing in it to see."""
    return all(char in _UNSEEN_LETTERS or unicodedata.category(char) in _UNSEEN for char in text)


def free_text(limit: int) -> Reader[MaskedText]:
    """Masked text with something to see in it, of at most `limit` code points (`too_long`)."""

    def read(value: object, masker: Masker, /) -> MaskedText:
        text = _text(value)
        if len(text) > limit:
            raise Refused(ErrorCode.TOO_LONG)
        if is_blank(text):
            raise Refused
        return masker(text)

    return read


def unless_blank(reader: Reader[R_co]) -> Reader[R_co | None]:
    """What a form sends for a field left empty, an empty or blank string, is None."""

    def read(value: object, masker: Masker, /) -> R_co | None:
        if type(value) is str and len(value) <= TEXT_LIMIT and is_blank(value):
            return None
        return reader(value, masker)

    return read


def preview(value: object, masker: Masker, /) -> MaskedText | None:
    """Text as it is being typed, cut before the seventh digit; blank is None, since there is nothing to show yet.

    A number that is not finished cannot be recognised, so its tail is never shown.
    """
    text = _text(value)
    if len(text) > FREE_TEXT_LIMIT:
        raise Refused(ErrorCode.TOO_LONG)
    digits = digits_of(text)
    cut = text[: digits[_PREVIEW_DIGITS].start] if len(digits) > _PREVIEW_DIGITS else text
    return None if is_blank(cut) else masker(cut)


def integer(lowest: int = 0, highest: int = INT_LIMIT) -> Reader[int]:
    """A JSON integer within bounds; 1.0 and true are none."""

    def read(value: object, masker: Masker, /) -> int:
        if type(value) is not int or not lowest <= value <= highest:
            raise Refused
        return value

    return read


def flag(value: object, masker: Masker, /) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise Refused
    return value


def uuid(value: object, masker: Masker, /) -> UUID:
    """A UUID in its canonical layout; its case does not matter."""
    text = _text(value)
    if not _UUID.fullmatch(text):
        raise Refused
    return UUID(text)


def choice(kind: type[E]) -> Reader[E]:
    """A member of a closed set."""
    members = {member.value: member for member in kind}

    def read(value: object, masker: Masker, /) -> E:
        found = members.get(_text(value))
        if found is None:
            raise Refused
        return found

    return read


def choices(kind: type[E]) -> Reader[tuple[E, ...]]:
    """Members of a closed set, each once."""
    one = choice(kind)

    def read(value: object, masker: Masker, /) -> tuple[E, ...]:
        if type(value) is not list or len(value) > len(kind):
            raise Refused
        found = tuple(one(item, masker) for item in value)
        if len(set(found)) != len(found):
            raise Refused
        return found

    return read


def time(value: object, masker: Masker, /) -> datetime:
    """RFC 3339 with an offset; in UTC."""
    text = _text(value)
    if not _TIME.fullmatch(text):
        raise Refused
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused from None


def token(value: object, masker: Masker, /) -> str | None:
    """A visitor token's 43 characters; anything else is unknown, hence None."""
    text = _text(value)
    return text if _TOKEN.fullmatch(text) else None


def jwt(value: object, masker: Masker, /) -> str:
    """Three base64url parts; nothing in it is believed before its signature is checked."""
    text = _text(value)
    if len(text) > JWT_LIMIT or not _JWT.fullmatch(text):
        raise Refused
    return text


def _rebuilt(rebuild: Callable[[str], str | None], value: object) -> str:
    found = rebuild(_text(value))
    if found is None:
        raise Refused
    return found


def url(value: object, masker: Masker, /) -> str | None:
    """An http(s) URL without user, fragment and sensitive values.

    Without its query where that spells something to mask, without digits where the path does; None where the rest does.
    """
    return addresses.without_secrets(_rebuilt(addresses.rebuilt_url, value), masker)


def origin(value: object, masker: Masker, /) -> str | None:
    """`scheme://host[:port]`; None where it spells something to mask."""
    return addresses.without_secrets(_rebuilt(addresses.rebuilt_origin, value), masker)


def email(value: object, masker: Masker, /) -> str | None:
    """An e-mail address that spells no secret; None where that cannot be told."""
    return _typed_contact(_rebuilt(addresses.rebuilt_email, value), masker)


def phone(value: object, masker: Masker, /) -> str | None:
    """A phone number, digits with an optional plus, that is no card or social security number; None where that cannot be told."""
    text = _text(value)
    if len(text) > addresses.PHONE_INPUT_LIMIT:
        raise Refused
    _typed_contact(text, masker)
    rebuilt = _rebuilt(addresses.rebuilt_phone, value)
    _typed_contact(rebuilt.lstrip("+"), masker)  # a plus makes no phone number of a card
    return _typed_contact(rebuilt, masker)


def _typed_contact(text: str, masker: Masker) -> str | None:
    masked = masker(text)
    if masked.is_withheld:
        return None
    if any(finding.kind not in _OWN_KINDS for finding in masked.findings):
        raise Refused
    return text


def locale(value: object, masker: Masker, /) -> str | None:
    """Language, script and country in their usual case; None for what is none."""
    return addresses.rebuilt_locale(_text(value))


def tags(value: object, masker: Masker, /) -> tuple[MaskedText, ...]:
    """Up to 20 tags, each once, in order."""
    if type(value) is not list or len(value) > TAG_COUNT:
        raise Refused
    found = tuple(dict.fromkeys(_tag(item, masker) for item in value))
    if any(tag.is_withheld for tag in found):  # it would become a word of the organisation's
        raise Refused(ErrorCode.UNAVAILABLE)
    return found


_tag = free_text(TAG_LIMIT)
_custom_value = unless_blank(free_text(FREE_TEXT_LIMIT))
_position = integer()


def custom_fields(value: object, masker: Masker, /) -> Mapping[str, MaskedText]:
    """Values of the tenant's own fields by name.

    Blank ones are left out; all together are bounded like one message. The caller keeps only names that the site has.
    """
    if type(value) is not dict or len(value) > FIELD_COUNT:
        raise Refused
    if sum(len(item) for item in value.values() if type(item) is str) > FIELDS_TEXT_LIMIT:
        raise Refused(ErrorCode.TOO_LONG)
    found: dict[str, MaskedText] = {}
    for name, item in value.items():
        if not _FIELD_NAME.fullmatch(name):
            raise Refused
        masked = masker(name)
        if masked.is_withheld:
            continue
        if masked != name:
            raise Refused
        text = _custom_value(item, masker)
        if text is not None:
            found[name] = text
    return found


def positions(value: object, masker: Masker, /) -> Mapping[UUID, tuple[int, int]]:
    """Per conversation the last `seq` and `rev` that the client has."""
    if type(value) is not dict or len(value) > OPEN_COUNT:
        raise Refused
    found: dict[UUID, tuple[int, int]] = {}
    for key, pair in value.items():
        conversation = uuid(key, masker)
        if conversation in found or type(pair) is not list:
            raise Refused
        try:
            last_seq, last_rev = pair
        except ValueError:
            raise Refused from None
        found[conversation] = (_position(last_seq, masker), _position(last_rev, masker))
    return found
