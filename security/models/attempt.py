from __future__ import annotations

from typing import ClassVar

from django.db import models


class Attempt(models.Model):
    """Somebody tried to sign in, and has not succeeded. Names are keyed digests, addresses those of configured proxies' clients. Global."""

    name = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    device = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()
    is_told = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["name", "at"], name="security_attempt_name_idx"),
            models.Index(fields=["address", "at"], name="security_attempt_address_idx"),
            models.Index(fields=["at"], name="security_attempt_at_idx"),
        ]

    def __str__(self) -> str:
        return "An attempt"
