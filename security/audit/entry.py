"""An event on its way into the chain: what is said openly, what is sealed, and the canonical text of it."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Model

from security.audit.chain import SALT_BYTES, canonical, commitment
from security.audit.origins import origin_of
from security.audit.registry import ERASURES, Action, Outcome
from security.audit.subjects import Subject, erased_by, subject_of, subject_of_actor
from security.audit.values import PERSONAL, Scalar, difference, label_by_id, label_of, public_id, scalar, scalars
from security.context import ActorKind, Context
from security.crypto.envelope import bind, seal
from security.crypto.keyring import data_key

VERSION: Final = 1
ACTOR: Final = "actor"
_NAMED_OPENLY: Final = frozenset({ActorKind.JOB, ActorKind.COMMAND})


@dataclass(frozen=True, slots=True)
class Extent:
    """How much was shown, searched or exported: conversations and their messages, or events of the trail itself."""

    conversations: int = 0
    messages: int = 0
    events: int | None = None

    def told(self) -> dict[str, int]:
        """As an entry says it."""
        if self.events is not None:
            return {"events": self.events}
        return {"conversations": self.conversations, "messages": self.messages}


@dataclass(frozen=True, slots=True)
class Part:
    """Personal values of an event about one subject."""

    name: str
    subject: Subject
    values: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that waits for the end of its scope; everything in it is final, so a record that changes later does not change it."""

    open: Mapping[str, object]
    parts: tuple[Part, ...]
    address: str | None = None
    """From where it came; kept as a digest where it is sealed with the actor's name, so not of who is erased by the event."""


def drafted(
    action: Action,
    context: Context,
    *,
    on: Model | None,
    on_label: str,
    outcome: Outcome,
    extent: Extent | None,
    changes: Mapping[str, tuple[object, object]] | None,
    detail: Mapping[str, object],
) -> Draft:
    """The event, split into what the chain holds and what is sealed."""
    said = {name: value for name, value in detail.items() if name not in PERSONAL}
    entry: dict[str, object | None] = {
        "v": VERSION,
        "action": action.value,
        "outcome": outcome.value,
        "actor": _actor(context),
        "request": scalar("request", context.request_id) or None,
        "session": scalar("session_id", context.session),
        "on": None if on is None else _object(on),
        "extent": None if extent is None else extent.told(),
        "fields": sorted(changes) if changes else None,
        "detail": scalars(said) or None,
    }
    parts = (_actor_part(context), _about_part(on, on_label, changes, detail))
    erased = _erased(action, on)
    return Draft(
        open={name: value for name, value in entry.items() if value is not None},
        parts=tuple(part for part in parts if part is not None and str(part.subject) != erased),
        address=context.address,
    )


def sealed(draft: Draft, tenant_id: int) -> dict[str, object]:
    """What `audit_append` takes: the entry's text and its sealed details. Runs in the tenant's scope, since it needs its keys."""
    claims: list[dict[str, str]] = []
    details: list[dict[str, str]] = []
    for part in draft.parts:
        salt = os.urandom(SALT_BYTES)
        subject = part.subject
        blob = seal(data_key(subject.kind, subject.id), salt + part.values.encode(), place(tenant_id, subject))
        claims.append({"part": part.name, "of": str(subject), "hash": commitment(salt, part.values).hex()})
        details.append(
            {"part": part.name, "kind": subject.kind.value, "id": str(subject.id), "sealed": b64encode(blob).decode()}
        )
    entry = {**draft.open, "sealed": claims} if claims else draft.open
    told: dict[str, object] = {"entry": canonical(entry), "details": details}
    actors = [part.subject for part in draft.parts if part.name == ACTOR]
    origin = origin_of(draft.address, actors[0]) if draft.address and actors else None
    return told if origin is None else {**told, "from": origin}


def place(tenant_id: int, subject: Subject) -> bytes:
    """Associated data of a detail. Which event it belongs to is said by the commitment in that event's entry."""
    return bind("audit detail", VERSION, tenant_id, subject.kind.value, subject.id)


def _erased(action: Action, on: Model | None) -> str | None:
    """Who is forgotten by this event: nothing of theirs is sealed with it, or a new key would be made for it."""
    if action not in ERASURES:
        return None
    found = None if on is None else public_id(on)
    if found is None:
        raise ValueError("An erasure names the person or visitor by the public id of what it is about.")
    return erased_by(action, str(found))


def _actor(context: Context) -> dict[str, Scalar]:
    actor = context.actor
    shown: dict[str, Scalar] = {"kind": actor.kind.value}
    if actor.id is not None:
        shown["id"] = str(UUID(actor.id))  # a public id or nothing: a primary key must not slip in
    if actor.role is not None:
        shown["role"] = scalar("role", actor.role)
    if actor.entry is not None:
        shown["entry"] = str(UUID(actor.entry))
    if actor.kind in _NAMED_OPENLY:
        shown["name"] = scalar("job", actor.name)
    return shown


def _object(on: Model) -> dict[str, Scalar]:
    shown: dict[str, Scalar] = {"type": on._meta.label_lower}
    found = public_id(on)
    if found is not None:
        shown["id"] = str(found)
    return shown


def _actor_part(context: Context) -> Part | None:
    actor = context.actor
    values: dict[str, object] = {}
    if actor.name and actor.kind not in _NAMED_OPENLY:
        values["name"] = scalar("name", actor.name)
    if context.address:
        values["address"] = scalar("address", context.address)
    return Part(ACTOR, subject_of_actor(actor), canonical(values)) if values else None


def _about_part(
    on: Model | None,
    on_label: str,
    changes: Mapping[str, tuple[object, object]] | None,
    detail: Mapping[str, object],
) -> Part | None:
    values: dict[str, object] = dict(scalars({name: value for name, value in detail.items() if name in PERSONAL}))
    label = on_label or ("" if on is None else label_of(on))
    if label and not _is_by_id(on, label):
        values["label"] = scalar("label", label)
    if changes:
        values["changes"] = difference(changes)
    return Part("about", subject_of(on), canonical(values)) if values else None


def _is_by_id(on: Model | None, label: str) -> bool:
    """Half of all events are about a conversation, which has no name of its own: a second sealed row for each would say nothing."""
    found = None if on is None else public_id(on)
    return on is not None and found is not None and label == label_by_id(on._meta.model_name or "", found)
