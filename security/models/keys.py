"""Wrapped keys. What is destroyed here can never be read again; the clear keys exist only in memory, at most 60 s."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.utils import timezone

from security.scoping import TenantOwned


class KeySubject(StrEnum):
    """What a data key of its own belongs to."""

    CONVERSATION = "conversation"
    VISITOR = "visitor"
    PERSON = "person"
    MASKING = "masking"
    """A tenant's rules for masking; the subject is always UUID 0."""
    LOOKUP = "lookup"
    """What equality look-ups of one kind are keyed by, once the tenant's first key is gone."""


class TenantKey(TenantOwned):
    """A tenant's key, wrapped by a master key; the newest whose `seals_from` has come seals, all of them open.

    `unneeded_at` is when nothing was found under an older one any more: some time later it is destroyed.
    """

    version = models.PositiveIntegerField()
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    seals_from = models.DateTimeField(default=timezone.now, editable=False)
    unneeded_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "version"], name="security_tenantkey_version_key")
        ]


class SubjectKey(TenantOwned):
    """The key of one conversation, visitor or person, wrapped by the tenant's key of `tenant_key_version`."""

    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in KeySubject])
    subject_id = models.UUIDField()
    tenant_key_version = models.PositiveIntegerField()
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "kind", "subject_id"], name="security_subjectkey_subject_key")
        ]
        # A replacement asks for what is left under an older key, each time it goes on.
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "tenant_key_version"], name="security_subjectkey_key_idx")
        ]
