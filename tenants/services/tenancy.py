"""Suspending and resuming a whole organisation; called by operators' commands and pages inside its scope."""

from __future__ import annotations

from django.db import transaction

from security.audit import Action, record
from security.errors import Conflict
from security.models import RevocationKind
from security.revocation import revoke
from tenants.models import Tenant, TenantStatus


@transaction.atomic
def suspend_tenant() -> Tenant:
    """Nobody of the tenant in scope gets in or chats any more; nothing is lost."""
    tenant = _move(TenantStatus.ACTIVE, TenantStatus.SUSPENDED)
    revoke(RevocationKind.TENANT, tenant.public_id)
    record(Action.TENANT_SUSPENDED, on=tenant)
    return tenant


@transaction.atomic
def resume_tenant() -> Tenant:
    """Let the tenant in scope in again."""
    tenant = _move(TenantStatus.SUSPENDED, TenantStatus.ACTIVE)
    record(Action.TENANT_RESUMED, on=tenant)
    return tenant


def _move(before: TenantStatus, after: TenantStatus) -> Tenant:
    if not Tenant.objects.filter(status=before.value).update(status=after.value):
        raise Conflict("not_" + before.value)
    return Tenant.objects.get()
