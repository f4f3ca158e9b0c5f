"""What members do with the audit trail besides reading it: filters that they keep, checks of the whole chain."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.utils import timezone

from security.scoping import TenantForeignKey
from tenants.models.base import PublicModel
from tenants.models.people import Membership


class SavedFilter(PublicModel):
    """A filter of the trail under a name of its member's; `query` is the part of the page's address that says it, without network addresses."""

    membership = TenantForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=600)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "membership", "name"], name="tenants_savedfilter_name_key")
        ]

    def __str__(self) -> str:
        return self.name


class CheckStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"


class TrailCheck(PublicModel):
    """A chain that is too long for a page is followed by a worker; what it finds is the event `audit.verified`."""

    status = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in CheckStatus], default=CheckStatus.RUNNING.value
    )
    asked_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    moved_at = models.DateTimeField(default=timezone.now)
    worker = models.UUIDField(null=True)
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id"], condition=models.Q(status="running"), name="tenants_trailcheck_running_key"
            )
        ]

    def __str__(self) -> str:
        return f"Check {self.public_id.hex[:6]}"
