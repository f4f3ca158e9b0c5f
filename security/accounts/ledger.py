"""How often something was done in the last day: counted in PostgreSQL, in the transaction that does it.

Danger: two at once both read the last free place. Rule: whoever counts holds a lock under which nobody else counts the same. What is counted is named
by digests and numbers, never by what somebody typed. Proof: tests/security/accounts/test_ledger.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from security.models import LimitRow

KEPT_FOR: Final = timedelta(days=1)


def times(what: str, *, now: datetime, within: timedelta = KEPT_FOR) -> int:
    """How often it was noted within that span, a day at most; `a` counts `a:b` as well."""
    since = now + KEPT_FOR - min(within, KEPT_FOR)
    return LimitRow.objects.filter(key__startswith=f"{what}:", expires_at__gt=since).count()


def note(what: str, *, now: datetime) -> None:
    """Once more, under the caller's lock."""
    LimitRow.objects.create(key=f"{what}:{uuid4().hex}", value="1", expires_at=now + KEPT_FOR)
