"""Whose data was erased: kept, so that a backup that is restored does not bring anybody back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from security.scoping import TenantForeignKey
from tenants.models import Membership, PublicModel


class Erasure(PublicModel):
    """Ids alone, no data. `public_id` is the certificate's; a copy lies beside the archive, which backups of the database do not replace."""

    visitor = models.UUIDField()
    conversations = models.JSONField(default=list)
    messages = models.PositiveIntegerField(default=0)
    erased_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    erased_at = models.DateTimeField(default=timezone.now, editable=False)
    copied_at = models.DateTimeField(null=True)

    class Meta(PublicModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "visitor"], name="chat_erasure_visitor_idx"),
            models.Index(
                fields=["tenant_id", "id"], condition=models.Q(copied_at=None), name="chat_erasure_uncopied_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure {self.public_id.hex[:6]}"
