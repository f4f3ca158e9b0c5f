"""How long conversations are kept, what keeps them longer, and where they went."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from chat.models.conversation import Conversation
from chat.models.visitor import Visitor
from security.crypto.fields import EncryptedTextField, SealedBody
from security.scoping import TenantForeignKey
from tenants.models import Department, Membership, PublicModel, Site, TenantModel


class Afterwards(StrEnum):
    """What becomes of a conversation whose time in the primary store is over."""

    ARCHIVE = "archive"
    PURGE = "purge"
    SENT = "sent"
    """To the organisation's own server, by the day's run; then it is deleted here."""
    SENT_AT_CLOSE = "sent_at_close"
    """The same, some minutes after it was closed."""
    NONE = "none"
    """Nothing of what is said is stored; the months are for what remains: times, who answered, waiting and rating."""

    @property
    def is_sent(self) -> bool:
        """Whether it goes to the organisation's own server."""
        return self in (Afterwards.SENT, Afterwards.SENT_AT_CLOSE)


class RetentionRule(PublicModel):
    """For one department, or for every conversation that has no rule of its own. Months of the calendar, in the organisation's time zone.

    `archive_months` counts from the last message too; None is for the life of the account.
    """

    # A department that has a rule is not deleted: its conversations would fall under another one, and might be purged at once.
    department = TenantForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    primary_months = models.PositiveSmallIntegerField(
        default=24, validators=[MinValueValidator(0), MaxValueValidator(120)]
    )
    afterwards = models.CharField(
        max_length=16, choices=[(a.value, a.value) for a in Afterwards], default=Afterwards.ARCHIVE.value
    )
    archive_months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )

    class Meta(PublicModel.Meta):
        verbose_name = "retention rule"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "department"], nulls_distinct=False, name="chat_retentionrule_department_key"
            ),
            models.CheckConstraint(
                condition=models.Q(archive_months=None) | models.Q(archive_months__gt=models.F("primary_months")),
                name="chat_retentionrule_archive_is_longer",
            ),
        ]


class RetentionChange(PublicModel):
    """A rule that keeps less long than the one before it, and waits until `due_at`; till a run takes it up it can be undone.

    Without months the department's own rule is taken away.
    """

    department = TenantForeignKey(Department, on_delete=models.CASCADE, null=True, related_name="+")
    primary_months = models.PositiveSmallIntegerField(null=True)
    afterwards = models.CharField(max_length=16, choices=[(a.value, a.value) for a in Afterwards], blank=True)
    archive_months = models.PositiveSmallIntegerField(null=True)
    asked_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(editable=False)
    due_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "department"],
                condition=models.Q(taken_at=None, undone_at=None),
                nulls_distinct=False,
                name="chat_retentionchange_one_waits",
            ),
            models.CheckConstraint(
                condition=models.Q(taken_at=None) | models.Q(undone_at=None), name="chat_retentionchange_one_end"
            ),
        ]

    def __str__(self) -> str:
        return f"Change {self.public_id.hex[:6]}"


class LegalHold(PublicModel):
    """Keeps a conversation, all of a visitor's, or (neither named) all of the organisation's from every way of deleting."""

    conversation = models.UUIDField(null=True, editable=False)
    """Its public id, which it keeps in the archive."""
    visitor = TenantForeignKey(Visitor, on_delete=models.PROTECT, null=True, related_name="+")
    reason = SealedBody()
    placed_by = TenantForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=timezone.now, editable=False)
    released_by = TenantForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True, editable=False)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(conversation=None) | models.Q(visitor=None), name="chat_legalhold_one_subject"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "conversation", "visitor"],
                condition=models.Q(released_at=None),
                name="chat_legalhold_active_idx",
            )
        ]


class ChunkState(StrEnum):
    """How far a chunk of the archive came; each step is one transaction, and can be done again after a kill."""

    PENDING = "pending"
    """Its conversations are chosen."""
    WRITTEN = "written"
    """Its bytes lie in the store under a temporary name."""
    UPLOADED = "uploaded"
    """They have their name."""
    VERIFIED = "verified"
    """Read again: size and SHA-256 are right, and each conversation opens."""
    COMMITTED = "committed"
    """The conversations can be found in the archive."""
    DELETED = "deleted"
    """They are gone from the primary store."""


class Place(StrEnum):
    """Where a chunk lies."""

    ARCHIVE = "archive"
    SERVER = "server"
    """The organisation's own; the row stays as the receipt."""


class ArchiveChunk(PublicModel):
    """One object of the archive: conversations, each sealed under its own key. `manifest` is what was signed of it."""

    place = models.CharField(
        max_length=8, choices=[(p.value, p.value) for p in Place], default=Place.ARCHIVE.value, editable=False
    )
    object_name = models.CharField(max_length=120, blank=True, editable=False)
    """On the organisation's server."""
    state = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in ChunkState], default=ChunkState.PENDING.value
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    moved_at = models.DateTimeField(default=timezone.now)
    size = models.BigIntegerField(default=0)
    sha256 = models.BinaryField(null=True, max_length=32)
    manifest = models.TextField(blank=True)
    contents = models.JSONField(default=list)
    """Of each conversation: public id, where it begins, its length, its messages, and a digest of the rows and the key that it was read from."""
    failures = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    """Somebody speaks to a store about it, outside of any transaction; whose lease was over meanwhile changes nothing."""

    class Meta(PublicModel.Meta):
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "id"],
                condition=~models.Q(state="deleted"),
                name="chat_archivechunk_open_idx",
            )
        ]

    def __str__(self) -> str:
        return f"Chunk {self.public_id.hex[:6]}"


class ArchivedConversation(PublicModel):
    """What can be searched of a conversation in the archive. `public_id` is the conversation's; its key stays where it was."""

    chunk = TenantForeignKey(ArchiveChunk, on_delete=models.PROTECT, related_name="conversations")
    offset = models.BigIntegerField()
    length = models.BigIntegerField()
    site = TenantForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    visitor = TenantForeignKey(Visitor, on_delete=models.PROTECT, related_name="archived")
    department = TenantForeignKey(Department, on_delete=models.SET_NULL, null=True, related_name="+")
    assigned_to = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    last_message_at = models.DateTimeField()
    messages = models.PositiveIntegerField()
    rating = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list)
    archived_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(PublicModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "-last_message_at"], name="chat_archived_recent_idx"),
            models.Index(fields=["tenant_id", "visitor"], name="chat_archived_visitor_idx"),
        ]

    def __str__(self) -> str:
        return f"Conversation {self.public_id.hex[:6]}"


class Claim(TenantModel):
    """A conversation is being archived: it belongs to one chunk until it is gone from the primary store, or is let go."""

    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    chunk = TenantForeignKey(ArchiveChunk, on_delete=models.CASCADE, related_name="claims")

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "conversation"], name="chat_claim_conversation_key")
        ]


class RetentionRun(PublicModel):
    """One day's work, in the organisation's time zone: done once, whatever is doubled or killed. `found` holds counts."""

    day = models.DateField()
    begun_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    leased_by = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(null=True)
    """Conversations that were due when the run began; None where nobody could count them in time."""
    halted_at = models.DateTimeField(null=True)
    """Somebody paused it: no worker goes on till it is resumed, or another day begins."""
    cancelled_at = models.DateTimeField(null=True)
    """Somebody ended it for this day: what is left comes with tomorrow's run."""
    found = models.JSONField(default=dict)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "day"], name="chat_retentionrun_day_key")]

    def __str__(self) -> str:
        return f"Retention of {self.day}"


class ServerKind(StrEnum):
    """What an organisation's own server speaks."""

    S3 = "s3"
    SFTP = "sftp"


class OwnServer(PublicModel):
    """Where an organisation's transcripts go; it was tried before it was stored. `secret` is a key or a password, sealed.

    `address` is https://host of S3, host or host:port of SFTP. What is sent is encrypted to `recipient` (age), where there is one.
    """

    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in ServerKind])
    address = models.CharField(max_length=255)
    region = models.CharField(max_length=64, blank=True)
    bucket = models.CharField(max_length=128, blank=True)
    folder = models.CharField(max_length=200, blank=True)
    account = models.CharField(max_length=128)
    secret = EncryptedTextField()
    host_key = models.TextField(blank=True)
    recipient = models.CharField(max_length=128, blank=True)
    tested_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    failed_code = models.CharField(max_length=40, blank=True)
    told_at = models.DateTimeField(null=True)
    """When its owners were told that it fails."""

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id"], name="chat_ownserver_one_key")]

    def __str__(self) -> str:
        return f"Server {self.public_id.hex[:6]}"
