"""The customer organisation and what it decided."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from security.accounts.rules import BEST_STRENGTH, LEAST_LENGTH, MODERN, MOST_HISTORY, MOST_LENGTH
from security.scoping import TenantIsolation, TenantManager
from security.scoping.constraints import USER_SETTING
from tenants.models.base import TenantModel

OF_THIS_PERSON = f"{{column}} IN (SELECT tenant_id FROM tenants_membership WHERE user_id = {USER_SETTING})"  # noqa: S608 - constants only


class TenantStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Tenant(models.Model):
    """One organisation. Its own row is isolated like everything it owns: inside a scope exactly one tenant exists."""

    readable_by_its_person = True

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    status = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in TenantStatus], default=TenantStatus.ACTIVE.value
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When its owner showed that the address he signed up with is his; until then nobody works in it.
    confirmed_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[TenantManager[Tenant]] = TenantManager()

    class Meta:
        base_manager_name = "objects"
        default_manager_name = "objects"
        constraints: ClassVar = [
            TenantIsolation(
                name="tenants_tenant_isolation", column="id", mine=OF_THIS_PERSON.format(column="id"), platform=True
            )
        ]

    def __str__(self) -> str:
        return self.name


class Policy(TenantModel):
    """What a tenant decided about its people and its chat; one row a tenant, made with it."""

    mine = OF_THIS_PERSON.format(column="tenant_id")
    readable_by_its_person = True

    password_min_length = models.PositiveSmallIntegerField(
        default=MODERN.min_length, validators=[MinValueValidator(LEAST_LENGTH), MaxValueValidator(MOST_LENGTH)]
    )
    password_classes = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    password_min_strength = models.PositiveSmallIntegerField(
        default=MODERN.min_strength, validators=[MaxValueValidator(BEST_STRENGTH)]
    )
    password_history = models.PositiveSmallIntegerField(
        default=MODERN.history, validators=[MaxValueValidator(MOST_HISTORY)]
    )
    password_max_age_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(30), MaxValueValidator(365)]
    )
    second_factor_required = models.BooleanField(default=False)
    second_factor_grace_days = models.PositiveSmallIntegerField(default=7, validators=[MaxValueValidator(30)])
    second_factor_since = models.DateTimeField(null=True, editable=False)
    # Whether some role asks for one by itself, which only a look into the tenant tells: `Role.second_factor_since`.
    second_factor_by_role = models.BooleanField(default=False, db_default=False, editable=False)
    # Members with an address in a domain that is proven to be the tenant's come by its identity provider alone; owners with a second factor besides.
    provider_only = models.BooleanField(default=False, editable=False)
    # Until when owners come by their passwords all the same, since an operator let them in.
    owners_by_password_until = models.DateTimeField(null=True, editable=False)
    # Everybody's password that is older than this is to be changed first.
    password_change_required_at = models.DateTimeField(null=True, editable=False)
    session_idle_minutes = models.PositiveSmallIntegerField(
        default=15, validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    session_hours = models.PositiveSmallIntegerField(
        default=12, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    # Empty: as many as a member likes.
    session_most = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    # Empty: from everywhere. Else the console and the administration answer these alone.
    allowed_networks = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    close_after_hours = models.PositiveSmallIntegerField(
        default=24, validators=[MinValueValidator(1), MaxValueValidator(24 * 30)]
    )
    agent_capacity = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    entry_needs_consent = models.BooleanField(default=False)
    # So long a shorter retention waits before it counts; a day at least, so that one rash or hostile hour deletes nothing.
    retention_cooling_days = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    # To where the newest signed checkpoint of the audit trail goes each day, for somebody outside to keep.
    audit_checkpoint_email = models.EmailField(blank=True, default="")
    # When the mailbox was sent a link, and when somebody opened it there; before that it gets nothing else.
    audit_mailbox_asked_at = models.DateTimeField(null=True, editable=False)
    audit_mailbox_confirmed_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name_plural = "policies"
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id"], name="tenants_policy_one_key")]

    @property
    def asks_for_second_factor(self) -> bool:
        """Of everybody, or of somebody."""
        return self.second_factor_required or self.second_factor_by_role

    def second_factor_due_at(self, joined_at: datetime) -> datetime | None:
        """When who joined then has to have a second factor; None for never."""
        if not self.second_factor_required or self.second_factor_since is None:
            return None
        return max(self.second_factor_since, joined_at) + timedelta(days=self.second_factor_grace_days)

    def password_ends_at(self, chosen_at: datetime) -> datetime | None:
        """When a password that was chosen then is to be changed; None for never."""
        days = self.password_max_age_days
        return None if days is None else chosen_at + timedelta(days=days)


class Directory(TenantModel):
    """Which tenant a site key, invitation, verified mail domain or provider belongs to. Across tenants read only through `tenant_of(kind, digest)`."""

    class Kind(models.TextChoices):
        SITE_KEY = "site_key"
        INVITATION = "invitation"
        EMAIL_DOMAIN = "email_domain"
        PROVIDER = "provider"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    digest = models.BinaryField(max_length=32)
    object_id = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "directory"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "digest"], name="tenants_directory_digest_key")
        ]
