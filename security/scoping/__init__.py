"""The one door to tenant-owned rows.

Danger: one query outside its tenant shows one company's conversations to another. Rule: every tenant-owned table is read and written inside
`tenant_scope()` (or, for a person's own memberships, `user_scope()`), the manager refuses anything else, and PostgreSQL's row-level security
refuses what slips past the manager. Proof: tests/security/scoping.
"""

from security.scoping.constraints import SameTenant, TenantIsolation, TenantReference
from security.scoping.models import TenantForeignKey, TenantManager, TenantOwned, TenantQuerySet
from security.scoping.scope import (
    PLATFORM_TENANT_ID,
    ScopeConflict,
    ScopeMissing,
    abandon_scope,
    be_patient,
    current_tenant_id,
    give_connections_back,
    let_run,
    on_scope_end,
    require_tenant_id,
    tenant_ids,
    tenant_of,
    tenant_scope,
    tenants_with,
    user_scope,
)

__all__ = [
    "PLATFORM_TENANT_ID",
    "SameTenant",
    "ScopeConflict",
    "ScopeMissing",
    "TenantForeignKey",
    "TenantIsolation",
    "TenantManager",
    "TenantOwned",
    "TenantQuerySet",
    "TenantReference",
    "abandon_scope",
    "be_patient",
    "current_tenant_id",
    "give_connections_back",
    "let_run",
    "on_scope_end",
    "require_tenant_id",
    "tenant_ids",
    "tenant_of",
    "tenant_scope",
    "tenants_with",
    "user_scope",
]
