"""What sign-ins leave behind and nobody needs any more; global tables, so outside of any scope."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from security.accounts.attempts import ADDRESS_FOR
from security.accounts.sessions import LONGEST
from security.models import Attempt, LimitRow


def sweep_accounts(*, now: datetime) -> int:
    """Remove sessions and attempts that are over, and revocations that each socket has read long ago; how many rows. Idempotent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sweep_revocations()")
        row = cursor.fetchone()
    removed: int = row[0] if row else 0
    for rows in (
        Session.objects.filter(expire_date__lte=now),
        UserSession.objects.filter(created_at__lte=now - LONGEST - timedelta(hours=1)),
        Attempt.objects.filter(at__lte=now - 2 * ADDRESS_FOR),
        LimitRow.objects.filter(expires_at__lte=now),
        AccessAttempt.objects.filter(attempt_time__lte=now - 2 * settings.AXES_COOLOFF_TIME),
    ):
        removed += rows.delete()[0]
    return removed
