"""How long a trail is kept, and who keeps its checkpoints: as its organisation has set."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from security.accounts.checkpoint_mail import mail_newest
from security.audit.pruning import prune, sweep
from security.scoping import tenant_scope
from tenants.models import Policy

MAIL_EVERY: Final = timedelta(days=1)


def prune_trail(tenant_id: int, *, now: datetime, keys: Iterable[bytes]) -> int | None:
    """Prune what is older than the policy says, and delete what a tombstone covers; up to where, None for nowhere. Opens scopes of its own."""
    with tenant_scope(tenant_id):
        months = Policy.objects.values_list("audit_months", flat=True).first()
        upto = None if months is None else prune(before=months_before(now, months), keys=keys)
    sweep(tenant_id)
    return upto


def months_before(moment: datetime, months: int) -> datetime:
    """By the calendar, as PostgreSQL counts them: of 29 February the 28th in another year."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def mail_checkpoint(*, now: datetime) -> None:
    """Queue the newest checkpoint of the tenant in scope for the mailbox that it chose, if one was signed since the last mail."""
    box = Policy.objects.values_list("audit_checkpoint_email", flat=True).first()
    if box:
        mail_newest(boxes=[box], since=now - MAIL_EVERY)
