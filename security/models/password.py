from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from security.models.user import User


class FormerPassword(models.Model):
    """The hash of a password that a person had. Global, as the person is; never more than anybody's rules can ask for."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    encoded = models.CharField(max_length=128)
    replaced_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-replaced_at"], name="security_formerpassword_idx")]

    def __str__(self) -> str:
        return "A former password"
