"""Who belongs to a tenant, as what."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from security.models import User
from security.scoping import TenantForeignKey
from security.scoping.constraints import USER_SETTING
from tenants.models.base import PublicModel, TenantModel
from tenants.models.entry import OperatorEntry
from tenants.models.tenant import Policy

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Role(PublicModel):
    """A named set of permissions. Built-in ones are made with the tenant from `tenants.roles` and follow that table."""

    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    permissions = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    is_builtin = models.BooleanField(default=False, editable=False)
    # Since when whoever has it needs a second factor; the policy's `second_factor_by_role` tells that some role asks.
    second_factor_since = models.DateTimeField(null=True, editable=False)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "slug"], name="tenants_role_slug_key"),
            models.UniqueConstraint(fields=["tenant_id", "name"], name="tenants_role_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class Department(PublicModel):
    """A team that answers; a conversation waits in at most one."""

    name = models.CharField(max_length=120)
    is_default = models.BooleanField(default=False)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "name"], name="tenants_department_name_key"),
            models.UniqueConstraint(
                fields=["tenant_id"], condition=models.Q(is_default=True), name="tenants_department_default_key"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipStatus(StrEnum):
    PROVISIONAL = "provisional"
    """Signed up with an address that is somebody's already: waits for that person's confirmation by mail."""
    ACTIVE = "active"
    SUSPENDED = "suspended"


def unexpired(now: datetime) -> models.Q:
    """Memberships that have not run out; a removed one has."""
    return models.Q(expires_at=None) | models.Q(expires_at__gt=now)


def usable(now: datetime) -> models.Q:
    """Memberships that give something at this moment: active, not run out, of a person who may sign in; an entry, of an operator alone."""
    is_own = models.Q(entry=None) | models.Q(user__is_operator=True)
    return models.Q(status=MembershipStatus.ACTIVE.value, user__is_active=True) & unexpired(now) & is_own


class Membership(PublicModel):
    """A person in a tenant. `name` is what visitors and colleagues see; the person himself is global and read only through this row."""

    mine = f"user_id = {USER_SETTING}"
    readable_by_its_person = True

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = TenantForeignKey(Role, on_delete=models.PROTECT, related_name="memberships")
    name = models.CharField(max_length=120)
    status = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in MembershipStatus], default=MembershipStatus.ACTIVE.value
    )
    capacity = models.PositiveSmallIntegerField(null=True, blank=True)
    is_away = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    # Through which an operator is in, for a time; the row is used again for the next one.
    entry = TenantForeignKey(OperatorEntry, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # From when on the days count in which a role that asks for a second factor lets him set one up.
    role_given_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    password_change_required_at = models.DateTimeField(null=True, editable=False)
    # When somebody here ended his sessions: those that began before do not count here, wherever they worked then.
    sessions_ended_at = models.DateTimeField(null=True, editable=False)
    # When he last did something here, to a few minutes.
    last_seen_at = models.DateTimeField(null=True, editable=False)
    # When the person was last told that his password is about to be too old, and how many days before that.
    password_warned_at = models.DateTimeField(null=True, editable=False)
    password_warned_stage = models.PositiveSmallIntegerField(null=True, editable=False)

    if TYPE_CHECKING:
        in_departments: RelatedManager[DepartmentMembership]
        department_roles: RelatedManager[DepartmentRole]

    class Meta(PublicModel.Meta):
        verbose_name = "member"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "user"], name="tenants_membership_user_key"),
            models.CheckConstraint(
                condition=models.Q(entry=None) | models.Q(expires_at__isnull=False),
                name="tenants_membership_entry_ends_check",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user"], name="tenants_membership_user_idx")]

    def __str__(self) -> str:
        return self.name

    def counts_in(self, begun_at: datetime | None) -> bool:
        """Whether a session that began then opens this organisation; None for what is asked outside of any session."""
        return begun_at is None or self.sessions_ended_at is None or begun_at > self.sessions_ended_at

    def take_role(self, role: Role) -> list[str]:
        """Have another role from now on; the fields to store. The days for a second factor do not begin anew where the former role asked for one."""
        if self.role.second_factor_since is None:
            self.role_given_at = timezone.now()
        self.role = role
        return ["role", "role_given_at"]

    def must_change_password(self, policy: Policy, now: datetime) -> bool:
        """Whether this organisation wants a new password first: it asked for one, or the present one is too old. Others do not see it."""
        chosen = self.user.password_changed_at
        asked = (self.password_change_required_at, policy.password_change_required_at)
        ends = policy.password_ends_at(chosen)
        return any(at is not None and at >= chosen for at in asked) or (ends is not None and now >= ends)


class DepartmentMembership(TenantModel):
    """A member answers in a department."""

    department = TenantForeignKey(Department, on_delete=models.CASCADE, related_name="in_members")
    membership = TenantForeignKey(Membership, on_delete=models.CASCADE, related_name="in_departments")

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "department", "membership"], name="tenants_departmentmembership_pair_key"
            )
        ]


class DepartmentRole(PublicModel):
    """A further role of a member's, on one department: what can be held on one, and there alone."""

    department = TenantForeignKey(Department, on_delete=models.CASCADE, related_name="roles_of_members")
    membership = TenantForeignKey(Membership, on_delete=models.CASCADE, related_name="department_roles")
    role = TenantForeignKey(Role, on_delete=models.PROTECT, related_name="on_departments")
    given_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    class Meta(PublicModel.Meta):
        verbose_name = "role on a department"
        verbose_name_plural = "roles on departments"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "department", "membership", "role"], name="tenants_departmentrole_key"
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Invitation(PublicModel):
    """An address was asked to join; the secret in the mail is stored as SHA-256 in Directory only."""

    email = models.EmailField(max_length=254)
    role = TenantForeignKey(Role, on_delete=models.CASCADE, related_name="+")
    invited_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta(PublicModel.Meta):
        indexes: ClassVar = [models.Index(fields=["tenant_id", "email"], name="tenants_invitation_email_idx")]

    def __str__(self) -> str:
        return self.email
