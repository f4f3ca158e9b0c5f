"""What a visitor's socket may send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from chat.live.protocol.fields import (
    FREE_TEXT_LIMIT,
    NAME_LIMIT,
    TEXT_LIMIT,
    Masker,
    Reader,
    Refused,
    choices,
    custom_fields,
    email,
    flag,
    free_text,
    integer,
    jwt,
    locale,
    origin,
    phone,
    preview,
    token,
    unless_blank,
    url,
    uuid,
)
from chat.live.protocol.frames import F, Frame, frame, read_fields, registry_of
from security.masking import MaskedText

_none: Mapping[str, MaskedText] = {}


@frame("profile")
@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Frame):
    """Who the visitor says he is; None where nothing was said. A frame of its own, and a part of `hello`."""

    name: Annotated[MaskedText | None, unless_blank(free_text(NAME_LIMIT))] = None
    email: Annotated[str | None, unless_blank(email)] = None
    phone: Annotated[str | None, unless_blank(phone)] = None
    fields: Annotated[Mapping[str, MaskedText], custom_fields] = field(default_factory=lambda: _none)


@frame("page")
@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Frame):
    """The page that the visitor looks at. A frame of its own, and a part of `hello`."""

    url: Annotated[str | None, unless_blank(url)] = None
    title: Annotated[MaskedText | None, unless_blank(free_text(FREE_TEXT_LIMIT))] = None
    referrer: Annotated[str | None, unless_blank(url)] = None


def _nested(cls: type[F]) -> Reader[F]:
    """The fields of `cls` as an object inside another frame: with neither `type` nor `ref`."""
    readers = {name: reader for name, reader in cls.readers.items() if name != "ref"}

    def read(value: object, masker: Masker, /) -> F:
        if type(value) is not dict:
            raise Refused
        return cls(**read_fields(value, readers, cls.required, masker))

    return read


@frame("hello")
@dataclass(frozen=True, slots=True, kw_only=True)
class Hello(Frame):
    """The first frame. Credentials stay out of `repr`, and so out of logs."""

    token: Annotated[str | None, token] = field(default=None, repr=False)
    conversation: Annotated[UUID | None, uuid] = None
    last_seq: Annotated[int, integer()] = 0
    last_rev: Annotated[int, integer()] = 0
    profile: Annotated[Profile | None, _nested(Profile)] = None
    page: Annotated[Page | None, _nested(Page)] = None
    locale: Annotated[str | None, locale] = None
    department: Annotated[UUID | None, uuid] = None
    identity: Annotated[str | None, jwt] = field(default=None, repr=False)
    host_origin: Annotated[str | None, origin] = None


class Undoable(StrEnum):
    """What a visitor may call a wrong hit: the packs, all of them, and nothing else."""

    IBAN = "iban"
    ABA = "aba"
    ITIN = "itin"
    NINO = "nino"
    NHS = "nhs"
    SIN = "sin"
    CPF = "cpf"
    AADHAAR = "aadhaar"
    EMAIL = "email"
    PHONE = "phone"
    DOB = "dob"
    SECRET = "secret"  # noqa: S105 - the pack's name


@frame("message")
@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage(Frame):
    """What the visitor says. `unmasked` counts where the tenant lets visitors take a wrong hit back; elsewhere it is dropped."""

    client_id: Annotated[UUID, uuid]
    text: Annotated[MaskedText, free_text(TEXT_LIMIT)]
    unmasked: Annotated[tuple[Undoable, ...], choices(Undoable)] = ()


@frame("typing")
@dataclass(frozen=True, slots=True, kw_only=True)
class Typing(Frame):
    """`preview` is for tenants that switched it on; elsewhere it is dropped."""

    active: Annotated[bool, flag]
    preview: Annotated[MaskedText | None, preview] = None


@frame("read")
@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Frame):
    """Everything up to `seq` was seen."""

    seq: Annotated[int, integer(1)]


@frame("identify")
@dataclass(frozen=True, slots=True, kw_only=True)
class Identify(Frame):
    """Who the visitor is, by a token that the site's server signed."""

    token: Annotated[str, jwt] = field(repr=False)


@frame("history")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHistory(Frame):
    """The page before `before_seq`; without one, the latest."""

    before_seq: Annotated[int | None, integer(1)] = None
    limit: Annotated[int, integer(1, 100)] = 50


@frame("end")
@dataclass(frozen=True, slots=True, kw_only=True)
class End(Frame):
    """The visitor ends the conversation."""


@frame("rate")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Frame):
    """How the visitor found it."""

    score: Annotated[int, integer(1, 5)]
    comment: Annotated[MaskedText | None, unless_blank(free_text(FREE_TEXT_LIMIT))] = None


@frame("ping")
@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Frame):
    """Still there."""


VISITOR_FRAMES = registry_of(Hello, SendMessage, Typing, Read, Profile, Page, Identify, ReadHistory, End, Rate, Ping)
