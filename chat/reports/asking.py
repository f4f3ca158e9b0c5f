"""How the queries of reports are run: limited by a reach, over a span, in the scope of the tenant. Nothing is decrypted here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from chat.reports.clock import Calendar, Span
from chat.reports.reach import Counted
from security.scoping import ScopeConflict, require_tenant_id


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is asked for: whose conversations, and when."""

    counted: Counted
    calendar: Calendar
    span: Span

    @property
    def before(self) -> Question:
        """The same of the period before."""
        return replace(self, span=self.calendar.before)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What `statement` gives; it must hold PLACE or REACH for each conversation that it counts."""
        if self.counted.tenant_id != require_tenant_id():
            raise ScopeConflict("The report is another tenant's than the one in scope.")
        values = {
            **self.counted.limits,
            "zone": self.calendar.zone,
            "now": self.calendar.clock.now,
            "since": self.span.since,
            "until": self.span.until,
        }
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def row(self, statement: str) -> tuple[Any, ...]:
        """The one row of a sum."""
        (found,) = self.rows(statement)
        return found


def question(counted: Counted, calendar: Calendar) -> Question:
    """Of the period that was asked for."""
    return Question(counted, calendar, calendar.span)
