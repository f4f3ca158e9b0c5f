"""Whom the tenant does not want to hear from."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from chat.models.visitor import Visitor
from security.crypto.fields import EncryptedTextField
from security.scoping import TenantForeignKey
from tenants.models import Membership, PublicModel


class Block(PublicModel):
    """A blocked visitor, one row each; `address_digest` also keeps out whoever comes from where he came from, until `address_ends_at`.

    `reason` is sealed under the visitor's key. A row that has ended blocks nobody.
    """

    visitor = TenantForeignKey(Visitor, on_delete=models.CASCADE, related_name="blocks")
    reason = EncryptedTextField(null=True, editable=False)
    blocked_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField(null=True)
    address_digest = models.BinaryField(null=True, editable=False, max_length=32)
    address_ends_at = models.DateTimeField(null=True)

    class Meta(PublicModel.Meta):
        verbose_name = "blocked visitor"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "visitor"], name="chat_block_visitor_key"),
            models.CheckConstraint(
                condition=models.Q(address_digest=None, address_ends_at=None)
                | models.Q(address_digest__isnull=False, address_ends_at__isnull=False),
                name="chat_block_address_ends",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "address_digest"],
                condition=models.Q(address_digest__isnull=False),
                name="chat_block_address_idx",
            )
        ]

    def __str__(self) -> str:
        return str(self.visitor)


def unended(now: datetime) -> models.Q:
    """Blocks that still keep their visitor out."""
    return models.Q(ends_at=None) | models.Q(ends_at__gt=now)
