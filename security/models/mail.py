"""Mails that no mail server has taken yet."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from security.crypto.fields import EncryptedTextField
from security.scoping import TenantOwned


class Mail(TenantOwned):
    """Queued in the transaction of what it tells of, and gone once it is sent. Mails about nobody's organisation are the platform's.

    Its text may hold a link that lets somebody in, so address, subject and body are sealed; the row itself says which template it was made
    from. It is tried when `due_at` has come, `attempts` times so far.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    template = models.CharField(max_length=80)
    letter = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        indexes: ClassVar = [models.Index(fields=["tenant_id", "due_at"], name="security_mail_due_idx")]
