from tenants.models.base import PublicModel, TenantModel
from tenants.models.entry import LONGEST_STAY, EntryEnd, EntryStatus, OperatorEntry
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
from tenants.models.plan import Limited, Plan, Subscription, Usage
from tenants.models.site import Site
from tenants.models.tenant import Directory, Policy, Tenant, TenantStatus

__all__ = [
    "LONGEST_STAY",
    "BusinessHours",
    "Department",
    "DepartmentMembership",
    "DepartmentRole",
    "Directory",
    "EntryEnd",
    "EntryStatus",
    "Invitation",
    "Limited",
    "MaskingCount",
    "MaskingDraft",
    "MaskingVersion",
    "Membership",
    "MembershipStatus",
    "OperatorEntry",
    "Plan",
    "Policy",
    "PublicModel",
    "Role",
    "RuleSetModel",
    "Site",
    "Subscription",
    "Tenant",
    "TenantModel",
    "TenantStatus",
    "Usage",
    "unexpired",
    "usable",
]
