"""Whom a record is about: its personal values are sealed under that subject's key.

Apps register their models in `ready()`: `audit.register_subject(Membership, KeySubject.PERSON)`. A model that is not registered is about
nobody in particular (a department, a setting): its values are sealed under a key of the tenant's own, which no erasure destroys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Model

from security.audit.registry import Action
from security.audit.values import public_id
from security.context import Actor, ActorKind
from security.models.keys import KeySubject
from security.models.user import User


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose key seals; written into entries as `kind:uuid`."""

    kind: KeySubject
    id: UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


NOBODY: Final = Subject(KeySubject.PERSON, UUID(int=0))

_KIND_OF_ACTOR: Final = {
    ActorKind.PERSON: KeySubject.PERSON,
    ActorKind.OPERATOR: KeySubject.PERSON,
    ActorKind.VISITOR: KeySubject.VISITOR,
}
_KIND_OF_ERASURE: Final = {Action.VISITOR_ERASED: KeySubject.VISITOR, Action.MEMBER_ERASED: KeySubject.PERSON}
_kinds: Final[dict[type[Model], KeySubject]] = {User: KeySubject.PERSON}


def register_subject(model: type[Model], kind: KeySubject) -> None:
    """Say that a record of `model` is a person or a visitor, known by its `public_id`."""
    _kinds[model] = kind


def subject_of(record: Model | None) -> Subject:
    """Whom `record` is about."""
    kind = None if record is None else _kinds.get(type(record))
    found = None if record is None else public_id(record)
    return NOBODY if kind is None or found is None else Subject(kind, found)


def subject_of_actor(actor: Actor) -> Subject:
    """Under whose key an actor's name and address lie."""
    kind = _KIND_OF_ACTOR.get(actor.kind)
    return NOBODY if kind is None or actor.id is None else Subject(kind, UUID(actor.id))


def erased_by(action: str, object_id: str | None) -> str | None:
    """The subject, as entries write it, whose sealed values an event of this action allows to be gone."""
    kind = next((kind for erasure, kind in _KIND_OF_ERASURE.items() if erasure == action), None)
    return None if kind is None or object_id is None else f"{kind}:{object_id}"
