"""Work on stored messages that masking asks for, in steps that can be interrupted."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final

from django.db import models
from django.utils import timezone

from security.scoping import TenantForeignKey
from tenants.models import Membership, PublicModel


class JobKind(StrEnum):
    """What is done to messages: nothing but counting, or masking them again."""

    TRIAL = "trial"
    """What the draft would hide of the latest messages."""
    REMASK_TRIAL = "remask_trial"
    """What masking everything again by the active rules would change."""
    REMASK = "remask"


class JobStatus(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DONE = "done"


UNFINISHED: Final = (JobStatus.RUNNING.value, JobStatus.PAUSED.value)


class MaskingJob(PublicModel):
    """`stage` and `after` say how far it came: they move in the transaction that does the work, so a step is done once or not at all.

    `found` holds counts and shapes, never text. `rules` is the revision of the draft or the number of the version that it runs by.
    """

    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in JobKind])
    status = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in JobStatus], default=JobStatus.RUNNING.value
    )
    rules = models.PositiveIntegerField()
    begun_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(default=timezone.now)
    leased_by = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    stage = models.CharField(max_length=16, blank=True)
    after = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=dict)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "kind"],
                condition=models.Q(status__in=("running", "paused")),
                name="chat_maskingjob_unfinished_key",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["tenant_id", "-created_at"], name="chat_maskingjob_recent_idx")]

    def __str__(self) -> str:
        return f"Job {self.public_id.hex[:6]}"
