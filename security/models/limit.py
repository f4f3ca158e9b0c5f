from __future__ import annotations

from django.db import models


class LimitRow(models.Model):
    """What a limit has counted while Valkey was away (security/steady_cache.py), and lifts of locks. Global; keys are digests and addresses."""

    key = models.CharField(max_length=250, primary_key=True)
    value = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return "A limit's count"
