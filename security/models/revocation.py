"""What has lost a right: inserted in the transaction that takes it away, read by every server process each second."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone


class RevocationKind(StrEnum):
    """What a revocation names; `subject` holds a public id or, for a session, its digest. Never a secret."""

    SESSION = "session"
    USER = "user"
    MEMBERSHIP = "membership"
    TENANT = "tenant"
    VISITOR = "visitor"
    SITE = "site"
    ADDRESS = "address"
    """Where a blocked visitor came from; `subject` is half of a digest keyed by the tenant."""
    MASKING = "masking"
    """The rules by which a tenant's messages were masked so far; `subject` is the tenant. Sockets stay, and take up the new ones."""


class Revocation(models.Model):
    """Global, since a person's sign-out concerns all his tenants; holds identifiers only, so there is nothing in it to isolate."""

    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in RevocationKind])
    subject = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(subject=""), name="security_revocation_subject_check")
        ]
