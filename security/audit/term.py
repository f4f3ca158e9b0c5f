"""How long a trail is kept, as PostgreSQL knows it: a longer term holds at once, a shorter one after a week at least.

Danger: what prunes by a term that one stolen session or process can shorten deletes years within the hour. Rule: the term is a row that the
application can neither write nor change; `audit_keep` decides by PostgreSQL's clock when it holds, and `audit_prune` asks for it. Proof:
tests/security/audit/test_term.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models.functions import Now

from security.models import AuditTerm

MONTHS: Final = range(12, 241)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A shorter term that does not hold yet."""

    months: int | None
    due_at: datetime


def term_in_force() -> int | None:
    """Months, of the tenant in scope; None for ever."""
    rows = AuditTerm.objects.filter(undone_at=None, due_at__lte=Now()).order_by("-pk")
    return rows.values_list("months", flat=True).first()


def waiting_term() -> Waiting | None:
    """What the tenant in scope has asked for, and waits for."""
    row = AuditTerm.objects.filter(undone_at=None, due_at__gt=Now()).order_by("-pk").first()
    return None if row is None else Waiting(row.months, row.due_at)


def keep_for(months: int | None, *, days: int) -> datetime:
    """Ask for this term, in place of what waits; from when it holds. A shorter one waits for `days`, seven at least."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_keep(%s::smallint, %s)", [months, days])
        (due_at,) = cursor.fetchone() or (None,)
    return due_at  # type: ignore[return-value]  # the function answers or raises


def keep_undone() -> bool:
    """Take back what waits; False where nothing does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_keep_undone()")
        (is_undone,) = cursor.fetchone() or (False,)
    return bool(is_undone)
