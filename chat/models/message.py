from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models

from chat.models.conversation import Conversation
from security.crypto.fields import SealedBody
from security.scoping import TenantForeignKey
from tenants.models import PublicModel


class AuthorKind(StrEnum):
    """Who speaks. A note is an agent's, for agents only; a system message carries a `code`."""

    VISITOR = "visitor"
    AGENT = "agent"
    NOTE = "note"
    SYSTEM = "system"


class Message(PublicModel):
    """One entry of a conversation; visitor and agent messages, notes and system messages share one numbering, hence one table.

    `body` is MaskedText sealed under the conversation's key with tenant, conversation, message, seq and rev as associated data. `author_id` is the
    public id of a visitor or membership. `first_rev` is the `rev` that it was stored with, `rev` its latest: whoever has seen everything up to
    some `rev` in between knows the message, not its revision.
    """

    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    seq = models.BigIntegerField()
    rev = models.BigIntegerField()
    first_rev = models.BigIntegerField()
    prev_visible_seq = models.BigIntegerField()
    author_kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in AuthorKind])
    author_id = models.UUIDField(null=True)
    client_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField()
    revised_at = models.DateTimeField(null=True)
    revised_reason = models.CharField(max_length=16, blank=True)
    body = SealedBody(null=True)
    masked = models.JSONField(default=list)
    code = models.CharField(max_length=40, blank=True)
    is_visible = models.BooleanField()

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "conversation", "seq"], name="chat_message_seq_key"),
            models.UniqueConstraint(fields=["tenant_id", "conversation", "rev"], name="chat_message_rev_key"),
            models.UniqueConstraint(
                fields=["tenant_id", "author_kind", "author_id", "client_id"],
                condition=models.Q(client_id__isnull=False),
                name="chat_message_client_id_key",
            ),
        ]
        indexes: ClassVar = [
            # Who replied when, for reports, without a look at rows that are wide with what was said.
            models.Index(
                fields=["tenant_id", "sent_at"],
                include=["author_id", "conversation"],
                condition=models.Q(author_kind="agent"),
                name="chat_message_replies_idx",
            )
        ]

    def __str__(self) -> str:
        return f"Message {self.seq}"
