"""A tenant's rules for masking: the draft that its administrators work on, the versions that were activated, and what they hid."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from security.crypto.fields import EncryptedTextField
from security.scoping import TenantForeignKey
from tenants.models.base import PublicModel, TenantModel
from tenants.models.people import Membership


class RuleSetModel(PublicModel):
    """A set of rules at rest. `content` seals the patterns and the allow-list, which may themselves be confidential."""

    packs = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    keep_last_four = models.BooleanField(default=True)
    masks_agents = models.BooleanField(default=True)
    visitor_may_undo = models.BooleanField(default=False)
    typing_preview = models.BooleanField(default=False)
    content = EncryptedTextField(null=True, editable=False)

    class Meta(PublicModel.Meta):
        abstract = True


class MaskingDraft(RuleSetModel):
    """What is being prepared; nothing is masked by it. `revision` moves with each change, so that what was looked at is what is activated."""

    revision = models.PositiveIntegerField(default=1)

    class Meta(RuleSetModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id"], name="tenants_maskingdraft_one_key")]

    def __str__(self) -> str:
        return "Rules for masking"


class MaskingVersion(RuleSetModel):
    """What was activated; the one with the highest number is what masks. Never changed: going back is a new version."""

    number = models.PositiveIntegerField()
    activated_at = models.DateTimeField(default=timezone.now, editable=False)
    activated_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(RuleSetModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="tenants_maskingversion_number_key")
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"


class MaskingCount(TenantModel):
    """How often a rule hid something on a day (UTC): numbers alone, never what it was or in which conversation."""

    day = models.DateField()
    rule = models.CharField(max_length=80)
    kind = models.CharField(max_length=16)
    hits = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "day", "rule", "kind"], name="tenants_maskingcount_day_key")
        ]
