from tenants.models.base import PublicModel, TenantModel
from tenants.models.people import (
    Department,
    DepartmentMembership,
    Invitation,
    Membership,
    MembershipStatus,
    Role,
    unexpired,
    usable,
)
from tenants.models.site import Site
from tenants.models.tenant import Directory, Policy, Tenant, TenantStatus

__all__ = [
    "Department",
    "DepartmentMembership",
    "Directory",
    "Invitation",
    "Membership",
    "MembershipStatus",
    "Policy",
    "PublicModel",
    "Role",
    "Site",
    "Tenant",
    "TenantModel",
    "TenantStatus",
    "unexpired",
    "usable",
]
