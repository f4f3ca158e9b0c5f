from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from chat.models.visitor import Visitor
from security.crypto.fields import SealedBody
from security.scoping import TenantForeignKey, TenantManager
from tenants.models import Department, Membership, PublicModel, Site, TenantModel


class Status(StrEnum):
    """States of a conversation; the protocol's fourth, `none`, is a visitor without one."""

    WAITING = "waiting"
    OPEN = "open"
    CLOSED = "closed"


class Conversation(PublicModel):
    """One exchange between a visitor and the tenant.

    `last_seq` numbers messages, `last_rev` every message and every revision, `last_visible_seq` what the visitor may see; all three move only
    under this row's lock. Retention counts from `last_message_at`.
    """

    site = TenantForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    visitor = TenantForeignKey(Visitor, on_delete=models.PROTECT, related_name="conversations")
    department = TenantForeignKey(Department, on_delete=models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Status], default=Status.WAITING.value)
    assigned_to = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="conversations")

    last_seq = models.BigIntegerField(default=0)
    last_rev = models.BigIntegerField(default=0)
    last_visible_seq = models.BigIntegerField(default=0)
    visitor_read_seq = models.BigIntegerField(default=0)
    agent_read_seq = models.BigIntegerField(default=0)

    created_at = models.DateTimeField(default=timezone.now)
    waiting_since = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    first_assigned_at = models.DateTimeField(null=True)
    first_replied_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    # Brought back from the archive: until then retention leaves it alone.
    kept_until = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    # Decided when it begins, and never changed: what was typed under the promise is not stored later, nor the other way round.
    is_unstored = models.BooleanField(default=False, db_default=False, editable=False)

    offered_to = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    offered_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    offer_expires_at = models.DateTimeField(null=True)
    offer_note = SealedBody(null=True)

    rating = models.PositiveSmallIntegerField(null=True)
    rating_comment = SealedBody(null=True)

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "visitor"], condition=~models.Q(status="closed"), name="chat_conversation_live_key"
            ),
            models.CheckConstraint(
                condition=models.Q(status="open", assigned_to__isnull=False) | ~models.Q(status="open"),
                name="chat_conversation_open_has_agent",
            ),
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True) | models.Q(rating__range=(1, 5)),
                name="chat_conversation_rating_range",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "waiting_since"],
                condition=models.Q(status="waiting"),
                name="chat_conversation_queue_idx",
            ),
            models.Index(
                fields=["tenant_id", "assigned_to"],
                condition=models.Q(status="open"),
                name="chat_conversation_mine_idx",
            ),
            models.Index(fields=["tenant_id", "-last_message_at"], name="chat_conversation_recent_idx"),
            models.Index(fields=["tenant_id", "visitor", "-created_at"], name="chat_conversation_visitor_idx"),
            # For reports; open conversations, whose rows move with each message, are not in it.
            models.Index(
                fields=["tenant_id", "closed_at"],
                condition=models.Q(closed_at__isnull=False),
                name="chat_conversation_closed_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"Conversation {self.public_id.hex[:6]}"


class Tag(PublicModel):
    """A word that a tenant sorts conversations by."""

    name = models.CharField(max_length=40)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "name"], name="chat_tag_name_key")]

    def __str__(self) -> str:
        return self.name


class ConversationTag(TenantModel):
    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE, related_name="tagged")
    tag = TenantForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged")

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "conversation", "tag"], name="chat_conversationtag_pair_key")
        ]


class CannedResponse(PublicModel):
    """A prepared reply, found by its shortcut; for everybody, for one department, or its owner's alone."""

    shortcut = models.SlugField(max_length=40)
    title = models.CharField(max_length=120)
    body = models.TextField(max_length=8000)
    department = TenantForeignKey(Department, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    owner = TenantForeignKey(Membership, on_delete=models.CASCADE, null=True, editable=False, related_name="+")

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "owner", "shortcut"],
                nulls_distinct=False,
                name="chat_cannedresponse_shortcut_key",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """As the base's: no form has the owner either."""
        super().validate_constraints(exclude=set(exclude or ()) - {"owner"})


class Presence(TenantModel):
    """An agent's open sockets in one server process; `seen_at` is renewed every 20 s. An agent without a row younger than 60 s is gone."""

    membership = TenantForeignKey(Membership, on_delete=models.CASCADE, related_name="presences")
    process_id = models.UUIDField()
    seen_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "membership", "process_id"], name="chat_presence_process_key")
        ]
