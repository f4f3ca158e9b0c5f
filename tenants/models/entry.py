"""Break-glass: an operator's stay in a tenant, asked for, opened and ended."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Final

from django.db import models
from django.utils import timezone

from security.models import User
from tenants.models.base import PublicModel

LONGEST_STAY: Final = timedelta(hours=4)


class EntryStatus(StrEnum):
    """How far it came; a stay whose time is over is no stay, whether or not it was swept yet."""

    ASKED = "asked"
    OPEN = "open"
    REFUSED = "refused"
    ENDED = "ended"


class EntryEnd(StrEnum):
    """By what it ended."""

    OPERATOR = "operator"
    ORGANISATION = "organisation"
    TIME = "time"
    SUSPENSION = "suspension"


class OperatorEntry(PublicModel):
    """One stay. Operators read the table across tenants: it holds what they said of themselves, and nothing of a tenant's."""

    platform = True

    operator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.SlugField(max_length=40)
    reason = models.CharField(max_length=500)
    stay_minutes = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=16, choices=[(s.value, s.value) for s in EntryStatus])
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.CharField(max_length=16, blank=True, choices=[(e.value, e.value) for e in EntryEnd])

    class Meta(PublicModel.Meta):
        verbose_name = "operator's entry"
        verbose_name_plural = "operators' entries"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(opened_at=None, expires_at=None)
                | models.Q(expires_at__lte=models.F("opened_at") + LONGEST_STAY),
                name="tenants_operatorentry_longest_check",
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "operator"],
                condition=models.Q(status__in=[EntryStatus.ASKED.value, EntryStatus.OPEN.value]),
                name="tenants_operatorentry_one_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator.full_name}, {self.asked_at:%Y-%m-%d %H:%M}"
