"""How a conversation ended, in words."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OUTCOMES: Final[dict[str, str | Promise]] = {
    "resolved": _("Resolved"),
    "unresolved": _("Not resolved"),
    "spam": _("Spam"),
    "blocked": _("Visitor blocked"),
}
"""What the console offers, and what the platform sets."""


def words_of(outcome: str) -> str:
    """One that another client named stands as it is."""
    return str(OUTCOMES.get(outcome, outcome))
