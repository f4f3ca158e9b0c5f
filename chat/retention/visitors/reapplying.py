"""After a backup was restored: who had been erased since it was made is erased again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from chat.models import ArchivedConversation, Block, Conversation, Visitor, VisitorToken
from chat.retention.stores import Store
from chat.retention.visitors.copying import folder_of_erasures
from chat.retention.visitors.erasing import erased, is_erasable
from security.errors import Conflict
from tenants.models import Tenant

_MOST_BYTES: Final = 1 << 24
"""Of one of them: an id and a time; in some a list of conversations too, which nothing needs."""
_HIS: Final = ("profile", "page", "address", "email_digest", "address_digest", "external_id_digest")


def listed(store: Store) -> list[dict[str, Any]]:
    """Erasures of the tenant in scope that lie beside the archive."""
    tenant = Tenant.objects.values_list("public_id", flat=True).get()
    names = store.names(folder_of_erasures(tenant))
    return [json.loads(store.read(name, most=_MOST_BYTES)) for name in names if name.endswith(".json")]


@transaction.atomic
def reapply(erasures: Iterable[dict[str, Any]], *, now: datetime, dry_run: bool = False) -> tuple[int, int]:
    """How many came back and are gone again, and how many are held or in a conversation. In scope."""
    again = kept = 0
    for one in erasures:
        visitor = Visitor.objects.filter(public_id=UUID(one["visitor"])).first()
        if visitor is None or not _is_back(visitor):
            continue
        if dry_run:
            again, kept = (again + 1, kept) if is_erasable(visitor) else (again, kept + 1)
            continue
        try:
            with transaction.atomic():
                erased(visitor, now=now)
            again += 1
        except Conflict:
            kept += 1
    return again, kept


def _is_back(visitor: Visitor) -> bool:
    """Whether there is anything of his; a released hold keeps his row, with nothing in it."""
    return (
        any(getattr(visitor, name) for name in _HIS)
        or VisitorToken.objects.filter(visitor=visitor).exists()
        or Block.objects.filter(visitor=visitor).exists()
        or Conversation.objects.filter(visitor=visitor).exists()
        or ArchivedConversation.objects.filter(visitor=visitor).exists()
    )
