"""Who was erased stands beside the archive too, which no restored database replaces."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final
from uuid import UUID

from chat.models import Erasure
from chat.retention.stores import Store
from security.scoping import tenant_scope
from tenants.models import Tenant
from tenants.services.tenancy import is_closing

_AT_ONCE: Final = 200


def copy_erasures(tenant_id: int, store: Store, *, now: datetime) -> int:
    """Lay down there what was not yet; how many. Opens its own scopes, speaks to the store outside of them, and can be done twice.

    The visitor's id alone: all that is his is found by it again, and a list of what he said would grow beyond what can be read.
    """
    with tenant_scope(tenant_id):
        if is_closing():
            return 0
        tenant = Tenant.objects.values_list("public_id", flat=True).get()
    done = 0
    while True:
        with tenant_scope(tenant_id):
            rows = list(Erasure.objects.filter(copied_at=None).order_by("pk")[:_AT_ONCE])
        for row in rows:
            name = name_of_erasure(tenant, row.visitor)
            said = {"visitor": str(row.visitor), "erased_at": row.erased_at.isoformat()}
            store.write(name, json.dumps(said).encode())
            store.named(name)
        if not rows:
            return done
        with tenant_scope(tenant_id):
            Erasure.objects.filter(pk__in=[row.pk for row in rows], copied_at=None).update(copied_at=now)
        done += len(rows)


def name_of_erasure(tenant: UUID, visitor: UUID) -> str:
    """Beside the archive."""
    return f"{folder_of_erasures(tenant)}/{visitor.hex}.json"


def folder_of_erasures(tenant: UUID) -> str:
    """Of one organisation."""
    return f"{tenant.hex}-erased"
