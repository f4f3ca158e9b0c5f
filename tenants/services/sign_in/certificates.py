"""Until when an organisation's SAML provider may be believed: its certificates end, and owners are told in time.

Danger: a key that was given up years ago still signs people in; or a certificate that ends on a Sunday shuts out everybody unannounced. Rule: a
certificate signs within its own dates alone; owners are told 30, 7 and 1 days before the last one ends, and when it has, each once.
Proof: tests/tenants/sign_in/test_certificates.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.conf import settings

from security.accounts.mail import send
from security.audit import Action, Outcome, record
from security.crypto.certificates import span_of
from tenants.access import owners_to_tell
from tenants.models import IdentityProvider, Tenant

STAGES: Final = (0, 1, 7, 30)
"""Days before; at 0 it has ended."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How long a provider's certificates are good: until when, and how many days are left where that is to be said, 0 where it is over."""

    ends_at: datetime
    days_left: int | None


def good_at(certificates: Iterable[str], now: datetime) -> tuple[str, ...]:
    """Those that may sign at this moment."""
    return tuple(one for one in certificates if _is_good(one, now))


def standing_of(row: IdentityProvider, now: datetime) -> Standing | None:
    """By the certificate that is good longest: a provider that changes its key names the old and the new one. None where nothing ends."""
    if not row.certificates:
        return None
    ends = max(span_of(one)[1] for one in row.certificates)
    left = max(0, ceil((ends - now) / _DAY))
    return Standing(ends, left if left <= max(STAGES) else None)


def warn_of_certificate(*, now: datetime) -> bool:
    """Tell the owners of the organisation in scope, once at each stage; whether they were told now."""
    row = IdentityProvider.objects.select_for_update(of=("self",)).filter(is_on=True).first()
    standing = None if row is None else standing_of(row, now)
    if row is None or standing is None or standing.days_left is None:
        return False
    stage = next(days for days in STAGES if standing.days_left <= days)
    if row.warned_stage is not None and row.warned_stage <= stage:
        return False
    row.warned_stage = stage
    row.save(update_fields=["warned_stage"])
    record(Action.PROVIDER_CERTIFICATE_ENDING, on=row, outcome=Outcome.FAILED, days=standing.days_left)
    context = {
        "organisation": Tenant.objects.get().name,
        "days": standing.days_left,
        "ends": standing.ends_at,
        "url": f"{settings.SITE_URL}/admin/security/provider/",
    }
    for address in owners_to_tell():
        send("tenants/email/certificate_ending", address, context)
    return True


def _is_good(certificate: str, now: datetime) -> bool:
    begins, ends = span_of(certificate)
    return begins <= now < ends
