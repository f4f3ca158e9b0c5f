"""What a tenant may use, and what it uses."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models

from tenants.models.base import TenantModel

_AT_LEAST_ONE = [MinValueValidator(1)]


class Limited(models.Model):
    """The limits; what is None is not limited by this row."""

    members = models.PositiveIntegerField(null=True, blank=True, validators=_AT_LEAST_ONE)
    sites = models.PositiveIntegerField(null=True, blank=True, validators=_AT_LEAST_ONE)
    departments = models.PositiveIntegerField(null=True, blank=True, validators=_AT_LEAST_ONE)
    messages = models.PositiveBigIntegerField(null=True, blank=True, validators=_AT_LEAST_ONE)
    megabytes = models.PositiveBigIntegerField(null=True, blank=True, validators=_AT_LEAST_ONE)

    class Meta:
        abstract = True


class Plan(Limited):
    """What operators offer; global, and nothing of any tenant's. `messages` are those of a month."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80, unique=True)
    is_default = models.BooleanField(default=False)

    class Meta(Limited.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="tenants_plan_default_key"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Subscription(Limited, TenantModel):
    """A tenant's plan, and its own limits where they differ; without a row, or a plan in it, the default plan's hold.

    `over_since` is when what cannot be refused at once (messages, storage) passed its limit; `warned` up to how many per cent of it the owners were
    told in the month that begins on `warned_on`.
    """

    platform = True

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="+")
    over_since = models.DateTimeField(null=True, editable=False)
    warned = models.PositiveSmallIntegerField(default=0, editable=False)
    warned_on = models.DateField(null=True, editable=False)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id"], name="tenants_subscription_one_key")]


class Usage(TenantModel):
    """What a tenant used on a day (UTC): counts alone. Operators read it; `messages` and `stored_bytes` are those written on that day."""

    platform = True

    day = models.DateField()
    messages = models.PositiveBigIntegerField(default=0)
    stored_bytes = models.PositiveBigIntegerField(default=0)
    members = models.PositiveIntegerField(default=0)
    sites = models.PositiveIntegerField(default=0)
    departments = models.PositiveIntegerField(default=0)
    open_conversations = models.PositiveIntegerField(default=0)
    # Of `messages` and `stored_bytes`, what was sent before `settled_at`: it is not read again on this day.
    settled_messages = models.PositiveBigIntegerField(default=0)
    settled_bytes = models.PositiveBigIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "day"], name="tenants_usage_day_key")]
