"""An own server that does not take what is due: since when, and after a day its people are told. Nothing is deleted meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.urls import reverse

from chat.models import OwnServer
from security.accounts.mail import send
from security.audit import Action, Outcome, record
from tenants.access import owners_to_tell
from tenants.models import Tenant

TOLD_AFTER: Final = timedelta(days=1)


def note_failure(*, code: str, now: datetime) -> None:
    """Once more it did not work; in the caller's transaction."""
    row = OwnServer.objects.select_for_update().first()
    if row is None:
        return
    row.failing_since, row.failed_code = row.failing_since or now, code
    row.save(update_fields=["failing_since", "failed_code"])
    if row.told_at is None and now - row.failing_since >= TOLD_AFTER:
        row.told_at = now
        row.save(update_fields=["told_at"])
        record(Action.SERVER_FAILING, outcome=Outcome.FAILED, on=row, code=code, since=row.failing_since)
        context = {"organisation": Tenant.objects.get().name, "since": row.failing_since, "url": _page()}
        for email in owners_to_tell():
            send("tenants/email/server_failing", email, context)


def _page() -> str:
    return settings.SITE_URL + reverse("admin:retention_server")
