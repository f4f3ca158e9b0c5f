"""Suspending and resuming a whole organisation; called by operators' pages inside its scope. Its owners are told by mail."""

from __future__ import annotations

from django.db import connection, transaction

from security.accounts.mail import send
from security.audit import Action, record
from security.errors import Conflict
from security.models import RevocationKind
from security.revocation import revoke
from tenants.access import owners_to_tell
from tenants.models import Tenant, TenantStatus

_IS_CLOSING = "SELECT EXISTS (SELECT FROM chat_closing WHERE begun_at IS NOT NULL)"
"""Of the chat's table, known here by name only: an operator must not open what is being destroyed."""


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
    """Let the tenant in scope in again. Conflict("not_suspended", "is_closing")."""
    tenant = _move(TenantStatus.SUSPENDED, TenantStatus.ACTIVE)
    if is_closing():  # asked with its row locked, as whoever begins has it
        raise Conflict("is_closing")
    record(Action.TENANT_RESUMED, on=tenant, reason=reason or None)
    _tell_owners("tenant_resumed", tenant, reason)
    return tenant


def is_closing() -> bool:
    """Whether the account in scope is being closed, past its announced day: nobody else touches what is left of it."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_CLOSING)
        row = cursor.fetchone()
    return bool(row and row[0])


def _move(before: TenantStatus, after: TenantStatus) -> Tenant:
    if not Tenant.objects.filter(status=before.value).update(status=after.value):
        raise Conflict("not_" + before.value)
    return Tenant.objects.get()


def _tell_owners(template: str, tenant: Tenant, reason: str) -> None:
    for address in owners_to_tell():
        send(f"tenants/email/{template}", address, {"organisation": tenant.name, "reason": reason})
