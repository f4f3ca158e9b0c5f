"""The administration of an organisation and, for operators, of the platform; Django finds this package by its name."""

from tenants.admin import audit
from tenants.admin.organisation import domains, hours, keys, networks, profile, provider, security, sites, stays
from tenants.admin.people import departments, invitations, members, permissions, roles
from tenants.admin.platform import accounts, operators, plans
from tenants.admin.platform import stays as operators_stays
from tenants.admin.site import site

__all__ = [
    "accounts",
    "audit",
    "departments",
    "domains",
    "hours",
    "invitations",
    "keys",
    "members",
    "networks",
    "operators",
    "operators_stays",
    "permissions",
    "plans",
    "profile",
    "provider",
    "roles",
    "security",
    "site",
    "sites",
    "stays",
]
