"""Who acts, from where, in which request: carried by one ContextVar through all four kinds of entry.

The audit trail and the logs read it, so an entry point (HTTP, frame, task, command) opens `acting()` before anything else. What is not
said is inherited from the outer block, which is restored at the end.
"""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ActorKind(StrEnum):
    """What sort of actor did something."""

    PERSON = "person"
    VISITOR = "visitor"
    OPERATOR = "operator"
    JOB = "job"
    COMMAND = "command"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts: `id` is a public id (never a primary key), `role` the role's slug in the active tenant."""

    kind: ActorKind
    id: str | None = None
    name: str = ""
    role: str | None = None
    user_id: int | None = None
    entry: str | None = None
    """The public id of the stay in which an operator acts inside a tenant."""


ANONYMOUS = Actor(ActorKind.ANONYMOUS)


@dataclass(frozen=True, slots=True)
class Context:
    """One unit of work: `address` is the client's as `security.net` found it, `session` a digest, never the key itself.

    `conversation` is the public id of the one that a frame is about, for the logs.
    """

    actor: Actor = ANONYMOUS
    address: str | None = None
    request_id: str = ""
    session: str | None = None
    conversation: str | None = None


_ID_BYTES: Final = 12
_ID_LENGTH: Final = 16
_IDS_AT_ONCE: Final = 256
_request_ids: Final[deque[str]] = deque()
os.register_at_fork(after_in_child=_request_ids.clear)  # or a worker would go on with those of its neighbour

_NOBODY = Context()
_current: ContextVar[Context] = ContextVar("chatplatform_context", default=_NOBODY)


def current() -> Context:
    """The context of this unit of work; anonymous where none was opened."""
    return _current.get()


def new_request_id() -> str:
    """96 random bits, as 16 URL-safe characters; of the kernel many are asked for at once, since every frame needs one."""
    while True:
        try:
            return _request_ids.pop()
        except IndexError:
            letters = secrets.token_urlsafe(_ID_BYTES * _IDS_AT_ONCE)
            _request_ids.extend(letters[at : at + _ID_LENGTH] for at in range(0, len(letters), _ID_LENGTH))


def act(*, actor: Actor, address: str | None, session: str | None, conversation: str | None = None) -> None:
    """Be `actor` from here on, in a request of its own, with nothing inherited: for work that has a `contextvars` context to itself, such as a frame."""
    _current.set(Context(actor, address, new_request_id(), session, conversation))


@contextmanager
def acting(
    *,
    actor: Actor | None = None,
    address: str | None = None,
    request_id: str | None = None,
    session: str | None = None,
    conversation: str | None = None,
) -> Iterator[Context]:
    """Work as `actor`; what is None is inherited. A request id is made where the outer block has none."""
    outer = _current.get()
    inner = Context(
        actor=actor or outer.actor,
        address=address or outer.address,
        request_id=request_id or outer.request_id or new_request_id(),
        session=session or outer.session,
        conversation=conversation or outer.conversation,
    )
    token = _current.set(inner)
    try:
        yield inner
    finally:
        _current.reset(token)
