"""The administration of an organisation and, for operators, of the platform; Django finds this package by its name."""

from tenants.admin import (
    audit,
    departments,
    entries,
    hours,
    invitations,
    members,
    operator_entry,
    operators,
    organisation,
    permissions,
    platform_accounts,
    platform_plans,
    proof,
    roles,
    security,
    sites,
)
from tenants.admin.site import site

__all__ = [
    "audit",
    "departments",
    "entries",
    "hours",
    "invitations",
    "members",
    "operator_entry",
    "operators",
    "organisation",
    "permissions",
    "platform_accounts",
    "platform_plans",
    "proof",
    "roles",
    "security",
    "site",
    "sites",
]
