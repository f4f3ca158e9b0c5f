from tenants.models.base import PublicModel, TenantModel
from tenants.models.hours import BusinessHours
from tenants.models.masking import MaskingCount, MaskingDraft, MaskingVersion, RuleSetModel
from tenants.models.people import (
    Department,
    DepartmentMembership,
    DepartmentRole,
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
    "BusinessHours",
    "Department",
    "DepartmentMembership",
    "DepartmentRole",
    "Directory",
    "Invitation",
    "MaskingCount",
    "MaskingDraft",
    "MaskingVersion",
    "Membership",
    "MembershipStatus",
    "Policy",
    "PublicModel",
    "Role",
    "RuleSetModel",
    "Site",
    "Tenant",
    "TenantModel",
    "TenantStatus",
    "unexpired",
    "usable",
]
