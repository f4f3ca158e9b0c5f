"""The admin's menu, by subject."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Section(StrEnum):
    """In the order of the menu."""

    CHAT = "chat"
    REPORTS = "reports"
    PEOPLE = "people"
    ORGANISATION = "organisation"
    SECURITY = "security"
    AUDIT = "audit"
    PLATFORM = "platform"

    @property
    def label(self) -> str | Promise:
        """What stands above the section."""
        return _LABELS[self]


_LABELS: Final = {
    Section.CHAT: _("Chat"),
    Section.REPORTS: _("Numbers"),
    Section.PEOPLE: _("People"),
    Section.ORGANISATION: _("Organisation"),
    Section.SECURITY: _("Security"),
    Section.AUDIT: _("Audit"),
    Section.PLATFORM: _("Platform"),
}
