"""What the writer is asked for and what it answers: values that travel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from chat.live.protocol.shapes import Author, Masked, MessageView
from chat.models import Status
from security.errors import DomainError
from security.masking import MaskedText, MaskingPolicy
from security.masking.marks import unfound
from security.masking.render import BULLET

EDIT_WITHIN = timedelta(minutes=5)


class WriteRefused(DomainError):
    """One order was not done, and sent again it would not be either; `code` is one of the protocol's."""


class Unavailable(WriteRefused):
    """It is not known to be stored: send it again, with the same `client_id`, in `retry_after` seconds."""

    code = "unavailable"

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedConversation:
    """A conversation's row under its lock: what a grant is evaluated against. Ids are primary keys, but `public_id`."""

    tenant_id: int
    pk: int
    public_id: UUID
    status: Status
    visitor_id: int
    department_id: int | None
    assigned_to_id: int | None
    offered_to_id: int | None
    last_seq: int
    last_rev: int
    last_visible_seq: int
    last_message_at: datetime
    is_unstored: bool = False


Check = Callable[[LockedConversation], str | None]
"""Pure and quick.

The error code with which the order is refused, or None. Called under the lock, so also where a grant was revoked
meanwhile.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message or note for a conversation that exists.

    `author.id` and `client_id` are the idempotency key, together with the kind of author. `origin` is the caller's own
    (its socket): it comes back with what was stored, so that the acknowledgement can be queued in the order of `rev`.
    """

    tenant_id: int
    conversation: UUID
    author: Author
    client_id: UUID
    text: MaskedText
    check: Check
    origin: object = None
    policy: MaskingPolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    """A new text for the author's own message, not longer than `within` after it was sent."""

    tenant_id: int
    conversation: UUID
    message: UUID
    author_id: UUID
    text: MaskedText
    check: Check
    reason: str = "edited"
    within: timedelta = EDIT_WITHIN
    origin: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What was held for long enough in this conversation is shown, as `policy` masks it now. The writer's own order."""

    tenant_id: int
    conversation: UUID
    policy: MaskingPolicy | None = None


Order = Post | Revise | Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A durable message.

    `message` is as the visitor sees it (`prev_seq` counts what he may see) and carries the sender's `client_id`. A
    duplicate is the message as it was stored the first time, with its present text and `rev`; nothing is published for
    it.
    """

    tenant_id: int
    message: MessageView
    status: Status
    is_visible: bool
    is_duplicate: bool = False
    origin: object = field(default=None, repr=False, compare=False)

    def for_agents(self) -> MessageView:
        """Agents see every `seq`."""
        return replace(self.message, prev_seq=self.message.seq - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """A durable new text of an older message."""

    tenant_id: int
    conversation: UUID
    id: UUID
    seq: int
    rev: int
    text: MaskedText
    masked: Sequence[Masked]
    reason: str
    status: Status
    is_visible: bool
    gone: bool = False
    origin: object = field(default=None, repr=False, compare=False)


Stored = Posted | Revised


def masked_in(text: MaskedText) -> tuple[Masked, ...]:
    """How many findings of each kind `text` had when it was masked, here or in the browser. For display: bullets can be typed."""
    if not text.findings and BULLET not in text:
        return ()
    counts = Counter({str(entry["kind"]): int(entry["count"]) for entry in text.masked})
    counts.update(unfound(text))
    return tuple(Masked(kind, count) for kind, count in counts.items())
