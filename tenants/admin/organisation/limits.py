"""Limits and what is used of them, as rows that the operators' page and the organisation's own show alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.services.limits import Limit, Limits, Used

LABELS: Final[dict[Limit, str | Promise]] = {
    Limit.MEMBERS: _("Members"),
    Limit.SITES: _("Websites"),
    Limit.DEPARTMENTS: _("Departments"),
    Limit.MESSAGES: _("Messages this month"),
    Limit.MEGABYTES: _("Storage in MB"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what there is, of how many."""

    label: str | Promise
    used: int
    most: int | None

    @property
    def is_full(self) -> bool:
        """At the limit."""
        return self.most is not None and self.used >= self.most

    @property
    def is_over(self) -> bool:
        """Above it."""
        return self.most is not None and self.used > self.most


def rows_of(limits: Limits, used: Used) -> list[Row]:
    """In one order everywhere."""
    return [Row(label, used.of(limit), limits.of(limit)) for limit, label in LABELS.items()]
