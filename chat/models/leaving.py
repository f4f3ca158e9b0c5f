"""An organisation that leaves: everything that it takes along, and its account, which is closed on an announced day."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.utils import timezone

from security.crypto.fields import EncryptedTextField
from security.scoping import TenantForeignKey
from tenants.models import Membership, PublicModel


class Closing(PublicModel):
    """The account is to be closed at `due_at`; till a worker has begun that, it can be undone.

    Written by `closing_ask`, `closing_undo` and `closing_begin` alone, by PostgreSQL's clock: who has the application's role, or the owner's, can ask for
    an end, and has to wait for it. Who asked stands in the trail.
    """

    asked_at = models.DateTimeField(editable=False)
    due_at = models.DateTimeField(editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)
    begun_at = models.DateTimeField(null=True, editable=False)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id"], condition=models.Q(undone_at=None), name="chat_closing_one_waits"
            ),
            models.CheckConstraint(
                condition=models.Q(undone_at=None) | models.Q(begun_at=None), name="chat_closing_one_end"
            ),
        ]

    def __str__(self) -> str:
        return f"Closing {self.public_id.hex[:6]}"


class ExportState(StrEnum):
    """How far an export is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class OrganisationExport(PublicModel):
    """Everything of an organisation, in parts that lie sealed beside the archive until `expires_at`; `secret` is the key of all of them."""

    asked_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in ExportState], default=ExportState.RUNNING.value
    )
    total = models.PositiveIntegerField(default=0)
    """Conversations and visitors, as the worker counted them when it began; 0 until then."""
    done = models.PositiveIntegerField(default=0)
    parts = models.JSONField(default=list)
    """Of each file: name and size; its object is numbered from 1."""
    unreadable = models.PositiveIntegerField(default=0)
    secret = EncryptedTextField()
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    """How many workers have taken it up."""
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id"], condition=models.Q(state="running"), name="chat_organisationexport_one_runs"
            )
        ]

    def __str__(self) -> str:
        return f"Export {self.public_id.hex[:6]}"
