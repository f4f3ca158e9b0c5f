"""What an organisation wants to be told of by itself, and what it was told."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from security.scoping import TenantForeignKey
from tenants.models.base import PublicModel, TenantModel
from tenants.models.people import Membership


class AlertKind(StrEnum):
    EXPORTS = "exports"
    READS = "reads"
    NEW_PLACE = "new_place"
    FAILED_SIGN_INS = "failed_sign_ins"
    WITHHELD = "withheld"
    BROKEN = "broken"
    CERTIFICATE = "certificate"


_KINDS = [(kind.value, kind.value) for kind in AlertKind]


class AlertRule(TenantModel):
    """One kind of alert: whether it is on, how many events within how many minutes raise it, and up to where the trail was looked through."""

    kind = models.CharField(max_length=16, choices=_KINDS)
    is_on = models.BooleanField(default=False)
    threshold = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(100_000)])
    minutes = models.PositiveIntegerField(validators=[MinValueValidator(5), MaxValueValidator(1_440)])
    looked_to = models.BigIntegerField(default=0, editable=False)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "kind"], name="tenants_alertrule_kind_key")
        ]

    def __str__(self) -> str:
        return self.kind


class Alert(PublicModel):
    """Raised once; `who` are the trail's ids of whoever it is about, never names."""

    kind = models.CharField(max_length=16, choices=_KINDS)
    raised_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    minutes = models.PositiveIntegerField()
    who = ArrayField(models.UUIDField(), default=list)
    seq = models.BigIntegerField()
    seen_at = models.DateTimeField(null=True)
    seen_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(PublicModel.Meta):
        indexes: ClassVar = [models.Index(fields=["tenant_id", "-raised_at"], name="tenants_alert_recent_idx")]

    def __str__(self) -> str:
        return f"Alert {self.public_id.hex[:6]}"
