"""A visitor's rights as commands ask for them: by who runs the machine, whose name stands in the trail as the command's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from chat.models import Erasure, Visitor
from chat.retention.stores import Store
from chat.retention.visitors.erasing import erased
from chat.retention.visitors.gathering import gathered
from security.errors import NotFound


def is_known(visitor: UUID) -> bool:
    """Whether the tenant in scope has him."""
    return Visitor.objects.filter(public_id=visitor).exists()


@transaction.atomic
def export_by_command(*, visitor: UUID, store: Store, now: datetime) -> dict[str, Any]:
    """As `gathered`. NotFound."""
    return gathered(_found(visitor), store=store, now=now)


@transaction.atomic
def erase_by_command(*, visitor: UUID, now: datetime) -> Erasure:
    """As `erased`. NotFound, Conflict."""
    return erased(_found(visitor), now=now)


def _found(visitor: UUID) -> Visitor:
    found = Visitor.objects.select_related("site").filter(public_id=visitor).first()
    if found is None:
        raise NotFound
    return found
