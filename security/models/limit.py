from __future__ import annotations

from django.db import models


class LimitRow(models.Model):
    """Counts of limits while Valkey is away (security/steady_cache.py), of lifted locks and of invitations. Global; keys are digests and addresses."""

    key = models.CharField(max_length=250, primary_key=True)
    value = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return "A limit's count"
