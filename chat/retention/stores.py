"""Where objects of the archive lie, and what they are called there."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from security.net import networks
from security.stores.places import store_at
from security.stores.store import Missing as Missing
from security.stores.store import Store as Store


def name_of(tenant: UUID, chunk: UUID) -> str:
    """Of a chunk: below its organisation's id, which says nothing to who looks into the store."""
    return f"{tenant.hex}/{chunk.hex}.cpa"


def store() -> Store:
    """The platform's own."""
    return store_at(settings.ARCHIVE_URL, allowed=networks(tuple(settings.OUTGOING_NETWORKS)))
