"""What an organisation decides about itself: its name, its policy, its websites' settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID
from zoneinfo import available_timezones

from django.db import transaction

from security.accounts.second_factor import with_second_factor
from security.audit import Action, changes_of, record, snapshot
from security.errors import Denied, Invalid, NotFound
from security.models import RevocationKind
from security.permissions import Grant, Permission, has, require
from security.revocation import revoke
from tenants.enrolment import asked_of_loaded, due_at
from tenants.models import Membership, Policy, Role, Site, Tenant, usable
from tenants.services.limits import Limit, require_room
from tenants.services.records import change_record

POLICY_RIGHTS: Mapping[str, Permission] = MappingProxyType(
    {
        "password_min_length": Permission.CONFIGURATION_PASSWORDS,
        "password_classes": Permission.CONFIGURATION_PASSWORDS,
        "password_min_strength": Permission.CONFIGURATION_PASSWORDS,
        "password_history": Permission.CONFIGURATION_PASSWORDS,
        "password_max_age_days": Permission.CONFIGURATION_PASSWORDS,
        "second_factor_required": Permission.CONFIGURATION_SECURITY,
        "second_factor_grace_days": Permission.CONFIGURATION_SECURITY,
        "second_factor_since": Permission.CONFIGURATION_SECURITY,
        "session_idle_minutes": Permission.CONFIGURATION_SECURITY,
        "session_hours": Permission.CONFIGURATION_SECURITY,
        "session_most": Permission.CONFIGURATION_SECURITY,
        "allowed_networks": Permission.CONFIGURATION_SECURITY,
        "close_after_hours": Permission.CONFIGURATION_CHAT,
        "agent_capacity": Permission.CONFIGURATION_CHAT,
        "entry_needs_consent": Permission.CONFIGURATION_SECURITY,
        "retention_cooling_days": Permission.CONFIGURATION_RETENTION,
        "audit_checkpoint_email": Permission.CONFIGURATION_RETENTION,
    }
)
"""Each setting with the right that changes it."""
_TENANT_FIELDS = frozenset({"name", "time_zone"})


def read_policy(*, grant: Grant, permission: Permission) -> Policy:
    """The organisation's policy, for who may change this part of it."""
    require(grant, permission)
    return Policy.objects.get()


def change_policy(*, grant: Grant, policy: Policy, fields: Sequence[str]) -> Policy:
    """Store these settings; Denied if one of them is not the person's to change."""
    if not all(has(grant, POLICY_RIGHTS[name]) for name in fields):
        raise Denied
    permission = POLICY_RIGHTS[fields[0]] if fields else Permission.CONFIGURATION_CHAT
    return change_record(grant=grant, permission=permission, record=policy, fields=fields, action=Action.POLICY_CHANGED)


def led_to_new_passwords(*, grant: Grant, now: datetime) -> int:
    """How many members the rules as they are stored now lead to a new password at their next step."""
    require(grant, Permission.CONFIGURATION_PASSWORDS)
    policy = Policy.objects.get()
    members = Membership.objects.filter(usable(now), entry=None).select_related("user")
    return sum(member.user.has_usable_password() and member.must_change_password(policy, now) for member in members)


def without_second_factor(*, grant: Grant, now: datetime) -> tuple[int, datetime | None]:
    """How many members have none though each needs one, and by when the last of them has to have set it up."""
    require(grant, Permission.CONFIGURATION_SECURITY)
    policy = Policy.objects.get()
    rows = Membership.objects.filter(usable(now), entry=None).select_related("role")
    members = list(rows.prefetch_related("department_roles__role"))
    have = with_second_factor(member.user_id for member in members)
    dues = [
        due
        for member in members
        if (due := due_at(member, policy, asked_of_loaded(member))) is not None and member.user_id not in have
    ]
    return len(dues), max(dues, default=None)


@transaction.atomic
def ask_factor_of_roles(*, grant: Grant, roles: Collection[UUID], now: datetime) -> None:
    """Whoever has one of these roles, for the organisation or on a department, needs a second factor; of whoever has another it is not asked by role.

    The days to set it up begin now for a role that did not ask before. NotFound for a role that is not the organisation's.
    """
    require(grant, Permission.CONFIGURATION_SECURITY)
    policy = Policy.objects.select_for_update().get()  # one after the other, so that the policy says what the roles do
    known = list(Role.objects.select_for_update().order_by("pk"))
    if not {role.public_id for role in known}.issuperset(roles):
        raise NotFound
    for role in known:
        if (role.public_id in roles) == (role.second_factor_since is not None):
            continue
        before = snapshot(role)
        role.second_factor_since = now if role.public_id in roles else None
        role.save(update_fields=["second_factor_since"])
        record(Action.ROLE_CHANGED, on=role, changes=changes_of(before, role))
    policy.second_factor_by_role = bool(roles)
    policy.save(update_fields=["second_factor_by_role"])


def change_tenant(*, grant: Grant, tenant: Tenant, fields: Sequence[str]) -> Tenant:
    """Store name and time zone; whether the organisation is suspended is not its own to say. Invalid("time_zone") for none that there is."""
    if not _TENANT_FIELDS.issuperset(fields):
        raise Denied
    if tenant.time_zone not in available_timezones():
        raise Invalid("time_zone")
    permission = Permission.CONFIGURATION_ACCOUNT
    return change_record(grant=grant, permission=permission, record=tenant, fields=fields, action=Action.TENANT_CHANGED)


@transaction.atomic
def change_site(*, grant: Grant, site: Site, fields: Sequence[str]) -> Site:
    """Store these settings of a website; one that is switched off loses its open chats at once."""
    require(grant, Permission.CONFIGURATION_SITES)
    if "is_active" in fields and site.is_active and Site.objects.filter(pk=site.pk, is_active=False).exists():
        require_room(Limit.SITES)
    permission = Permission.CONFIGURATION_SITES
    changed = change_record(grant=grant, permission=permission, record=site, fields=fields, action=Action.SITE_CHANGED)
    if "is_active" in fields and not changed.is_active:
        revoke(RevocationKind.SITE, changed.public_id)
    return changed
