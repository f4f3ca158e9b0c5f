"""What the server shows of its objects: values that travel, and the one way each is written as JSON.

Text is MaskedText throughout, so nothing raw can be handed in. Times become RFC 3339 in UTC with milliseconds, ids UUID
strings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from security.masking import MaskedText

Json = dict[str, Any]


@lru_cache(maxsize=1_024)
def rfc3339(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


class AuthorKind(StrEnum):
    """Who speaks, as clients see it."""

    VISITOR = "visitor"
    AGENT = "agent"
    SYSTEM = "system"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Author:
    """`id` is None and `name` empty for the system."""

    kind: AuthorKind
    id: UUID | None = None
    name: str = ""

    def json(self) -> Json:
        """As it is sent."""
        return {"kind": self.kind, "id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class Masked:
    """How many findings of one kind a text had."""

    kind: str
    count: int

    def json(self) -> Json:
        """As it is sent."""
        return {"kind": self.kind, "count": self.count}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message as one reader sees it.

    `prev_seq` is the last one before it that this reader may see; `client_id` is set for its sender's own sockets only.
    `code` is a system message's. `gone` says that the body is no more; `text` is empty then.
    """

    conversation: UUID
    id: UUID
    seq: int
    prev_seq: int
    rev: int
    author: Author
    text: MaskedText
    sent_at: datetime
    client_id: UUID | None = None
    masked: Sequence[Masked] = ()
    code: str | None = None
    gone: bool = False
    edited: bool = False

    def seen(self, *, prev_seq: int, client_id: UUID | None = None) -> MessageView:
        """The same message for another reader."""
        return replace(self, prev_seq=prev_seq, client_id=client_id)

    def json(self) -> Json:
        """The fields of a `message` frame but `type`."""
        return {**self.place(self.prev_seq, self.client_id), **self.rest()}

    def place(self, prev_seq: int, client_id: UUID | None) -> Json:
        """Those of them in which readers differ, and its numbers; nothing typed by anybody."""
        return {
            "conversation": self.conversation,
            "id": self.id,
            "seq": self.seq,
            "prev_seq": prev_seq,
            "rev": self.rev,
            "client_id": client_id,
        }

    def rest(self) -> Json:
        """Those that are alike for all."""
        found: Json = {
            "author": self.author.json(),
            "text": "" if self.gone else self.text,
            "sent_at": rfc3339(self.sent_at),
            "masked": [entry.json() for entry in self.masked],
        }
        if self.code is not None:
            found["code"] = self.code
        if self.gone:
            found["gone"] = True
        if self.edited:
            found["edited"] = True
        return found


class Body(Protocol):
    """What a message says now, and where it stands."""

    @property
    def conversation(self) -> UUID: ...
    @property
    def id(self) -> UUID: ...
    @property
    def seq(self) -> int: ...
    @property
    def rev(self) -> int: ...
    @property
    def text(self) -> MaskedText: ...
    @property
    def masked(self) -> Sequence[Masked]: ...
    @property
    def gone(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class VisitorView:
    """A visitor as agents see him; `verified` says that the site vouched for him by a signed token.

    `blocked` is told of the conversation that an agent looks at; the rest too, where he may see contact data.
    """

    id: UUID
    name: str
    verified: bool = False
    blocked: bool | None = None
    email: str = ""
    phone: str = ""
    locale: str = ""
    address: str = ""
    page: Mapping[str, str] | None = None
    fields: Mapping[str, str] | None = None

    def json(self) -> Json:
        """As it is sent; what is not known is left out."""
        known = {name: getattr(self, name) for name in ("email", "phone", "locale", "address", "page", "fields")}
        found: Json = {"id": self.id, "name": self.name, "verified": self.verified}
        if self.blocked is not None:
            found["blocked"] = self.blocked
        return {**found, **{name: value for name, value in known.items() if value}}


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent as others see him."""

    id: UUID
    name: str

    def json(self) -> Json:
        """As it is sent."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class AgentLoad:
    """An agent in the list of colleagues."""

    id: UUID
    name: str
    status: str
    open: int
    capacity: int

    def json(self) -> Json:
        """As it is sent."""
        return {"id": self.id, "name": self.name, "status": self.status, "open": self.open, "capacity": self.capacity}


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """A department; `online` is None where it is not told. `back_at`: closed until then, as visitors are told.

    `unstored`: nothing is stored of a chat that begins there.
    """

    id: UUID
    name: str
    online: bool | None = None
    back_at: datetime | None = None
    unstored: bool = False

    def json(self) -> Json:
        """As it is sent."""
        found: Json = {"id": self.id, "name": self.name}
        if self.unstored:
            found["unstored"] = True
        if self.online is not None:
            found["online"] = self.online
        if self.back_at is not None:
            found["back_at"] = _at(self.back_at)
        return found


@dataclass(frozen=True, slots=True)
class RatingView:
    """What the visitor said of a conversation: 1 to 5, and why, if he did."""

    score: int
    comment: MaskedText | None = None

    def json(self) -> Json:
        """As it is sent."""
        return {"score": self.score, "comment": self.comment}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationView:
    """A conversation as agents see it; `outcome` is a closed one's, empty where nobody named it."""

    id: UUID
    status: str
    assigned_to: AgentView | None = None
    department: UUID | None = None
    tags: Sequence[str] = ()
    waiting_since: datetime | None = None
    last_text: MaskedText | None = None
    last_at: datetime | None = None
    visitor: VisitorView | None = None
    last_seq: int | None = None
    last_rev: int | None = None
    outcome: str = ""
    rating: RatingView | None = None
    unstored: bool = False

    def json(self) -> Json:
        """`visitor`, `last_seq`, `last_rev` and `rating` only where they are known, `outcome` only of what is closed."""
        found: Json = {
            "id": self.id,
            "status": self.status,
            "assigned_to": self.assigned_to.json() if self.assigned_to else None,
            "department": self.department,
            "tags": list(self.tags),
            "waiting_since": _at(self.waiting_since),
            "last_text": self.last_text,
        }
        if self.last_at is not None:
            found["last_at"] = _at(self.last_at)
        if self.visitor is not None:
            found["visitor"] = self.visitor.json()
        if self.last_seq is not None:
            found["last_seq"] = self.last_seq
        if self.last_rev is not None:
            found["last_rev"] = self.last_rev
        if self.status == "closed":
            found["outcome"] = self.outcome or None
        if self.rating is not None:
            found["rating"] = self.rating.json()
        if self.unstored:
            found["unstored"] = True
        return found


@dataclass(frozen=True, slots=True)
class FieldView:
    """A question of the form before the chat; `kind` is one of `text`, `email`, `phone`, `choice`."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    options: Sequence[str] = ()

    def json(self) -> Json:
        """As it is sent."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "required": self.required,
            "options": list(self.options),
        }


@dataclass(frozen=True, slots=True)
class MaskingView:
    """What a visitor's browser hides before it sends, and whether he may say that a pack is wrong."""

    packs: Sequence[str] = ()
    keep_last_four: bool = True
    may_undo: bool = False

    def json(self) -> Json:
        """As it is sent."""
        return {"packs": list(self.packs), "keep_last_four": self.keep_last_four, "may_undo": self.may_undo}


@dataclass(frozen=True, slots=True)
class SiteView:
    """What a visitor is told about the site; `consent` is the sentence to agree to, if the tenant has one.

    `online`, `back_at` and `unstored` are of the department that a chat goes to which names none.
    """

    name: str
    greeting: str
    online: bool
    back_at: datetime | None = None
    departments: Sequence[DepartmentView] = ()
    consent: str | None = None
    fields: Sequence[FieldView] = ()
    masking: MaskingView = MaskingView()
    unstored: bool = False

    def json(self) -> Json:
        """As it is sent."""
        return {
            "name": self.name,
            "greeting": self.greeting,
            "online": self.online,
            "back_at": _at(self.back_at),
            "departments": [department.json() for department in self.departments],
            "consent": self.consent,
            "fields": [field.json() for field in self.fields],
            "masking": self.masking.json(),
            **({"unstored": True} if self.unstored else {}),
        }
