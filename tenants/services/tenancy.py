"""Suspending and resuming a whole organisation; called by operators' pages inside its scope. Its owners are told by mail."""

from __future__ import annotations

from django.db import transaction

from security.accounts.mail import send
from security.audit import Action, record
from security.errors import Conflict
from security.models import RevocationKind
from security.revocation import revoke
from tenants.access import owners_to_tell
from tenants.models import Tenant, TenantStatus


@transaction.atomic
def suspend_tenant(*, reason: str = "") -> Tenant:
    """Nobody of the tenant in scope gets in or chats any more; nothing is lost."""
    tenant = _move(TenantStatus.ACTIVE, TenantStatus.SUSPENDED)
    revoke(RevocationKind.TENANT, tenant.public_id)
    record(Action.TENANT_SUSPENDED, on=tenant, reason=reason or None)
    _tell_owners("tenant_suspended", tenant, reason)
    return tenant


@transaction.atomic
def resume_tenant(*, reason: str = "") -> Tenant:
    """Let the tenant in scope in again."""
    tenant = _move(TenantStatus.SUSPENDED, TenantStatus.ACTIVE)
    record(Action.TENANT_RESUMED, on=tenant, reason=reason or None)
    _tell_owners("tenant_resumed", tenant, reason)
    return tenant


def _move(before: TenantStatus, after: TenantStatus) -> Tenant:
    if not Tenant.objects.filter(status=before.value).update(status=after.value):
        raise Conflict("not_" + before.value)
    return Tenant.objects.get()


def _tell_owners(template: str, tenant: Tenant, reason: str) -> None:
    for address in owners_to_tell():
        send(f"tenants/email/{template}", address, {"organisation": tenant.name, "reason": reason})
