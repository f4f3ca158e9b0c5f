"""Telling members in time that their passwords are about to be too old: 14, 7 and 1 days before, each once."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.conf import settings

from security.accounts.mail import send
from tenants.models import Membership, Policy, Tenant, usable

STAGES: Final = (1, 7, 14)
"""Days before."""
_DAY: Final = timedelta(days=1)


def warn_of_passwords(*, now: datetime) -> int:
    """Mail every member of the organisation in scope whose password has reached a stage that he was not told of; how many."""
    policy = Policy.objects.get()
    if policy.password_max_age_days is None:
        return 0
    oldest = now - timedelta(days=policy.password_max_age_days)
    near = Membership.objects.filter(
        usable(now), user__password_changed_at__gt=oldest, user__password_changed_at__lte=oldest + max(STAGES) * _DAY
    )
    told, organisation = 0, Tenant.objects.get().name
    for member in near.select_related("user").order_by("pk"):
        ends = policy.password_ends_at(member.user.password_changed_at)
        # Who joined by the organisation's provider has none.
        if ends is not None and member.user.has_usable_password() and _is_first_told(member, ends, now):
            _send(member, organisation, ends, now)
            told += 1
    return told


def _is_first_told(member: Membership, ends: datetime, now: datetime) -> bool:
    """A stage counts for the password that it was told of; what another worker told meanwhile is not told again."""
    stage = next(days for days in STAGES if ends - now <= days * _DAY)
    at = member.password_warned_at
    is_untold = at is None or at < member.user.password_changed_at
    if not is_untold and (member.password_warned_stage is None or member.password_warned_stage <= stage):
        return False
    row = Membership.objects.filter(pk=member.pk, password_warned_at=at)
    return bool(row.update(password_warned_at=now, password_warned_stage=stage))


def _send(member: Membership, organisation: str, ends: datetime, now: datetime) -> None:
    context = {
        "organisation": organisation,
        "days": ceil((ends - now) / _DAY),
        "ends": ends,
        "url": f"{settings.SITE_URL}/accounts/password/change/",
    }
    send("tenants/email/password_ends", member.user.email, context)
