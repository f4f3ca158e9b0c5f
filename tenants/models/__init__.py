from tenants.models.alert import Alert, AlertKind, AlertRule
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
from tenants.models.sign_in import EmailDomain, IdentityProvider, ProviderKind, ProviderLink
from tenants.models.site import Site
from tenants.models.tenant import Directory, Policy, Tenant, TenantStatus
from tenants.models.trail import CheckStatus, SavedFilter, TrailCheck

__all__ = [
    "LONGEST_STAY",
    "Alert",
    "AlertKind",
    "AlertRule",
    "BusinessHours",
    "CheckStatus",
    "Department",
    "DepartmentMembership",
    "DepartmentRole",
    "Directory",
    "EmailDomain",
    "EntryEnd",
    "EntryStatus",
    "IdentityProvider",
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
    "ProviderKind",
    "ProviderLink",
    "PublicModel",
    "Role",
    "RuleSetModel",
    "SavedFilter",
    "Site",
    "Subscription",
    "Tenant",
    "TenantModel",
    "TenantStatus",
    "TrailCheck",
    "Usage",
    "unexpired",
    "usable",
]
