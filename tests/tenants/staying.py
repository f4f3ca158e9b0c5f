"""An operator and his stays, as they begin in production."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from security.masking import mask_or_withhold
from security.models import User
from security.permissions import Grant
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import OperatorEntry, Policy, Tenant
from tenants.services.platform import stays

from .people import Organisation

WHY: Final = mask_or_withhold("Masking fails for them, ticket 4711")
HOUR: Final = timedelta(hours=1)


def public_id(of: Organisation) -> UUID:
    with tenant_scope(of.tenant_id):
        return Tenant.objects.get().public_id


def enter(
    oscar: User, of: Organisation, role: str = "auditor", *, stay: timedelta = HOUR, now: datetime | None = None
) -> OperatorEntry:
    return stays.enter(
        operator=oscar, tenant=public_id(of), role=role, reason=WHY, stay=stay, now=now or timezone.now()
    )


def grant_of(oscar: User, of: Organisation) -> Grant:
    found = active_grant(oscar.pk, of.tenant_id)
    assert found is not None
    return found


def ask_first(of: Organisation) -> None:
    with tenant_scope(of.tenant_id):
        Policy.objects.update(entry_needs_consent=True)
