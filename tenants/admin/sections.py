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

    @property
    def about(self) -> str | Promise:
        """What is done there, in one sentence."""
        return _ABOUT[self]


_LABELS: Final = {
    Section.CHAT: _("Chat"),
    Section.REPORTS: _("Numbers"),
    Section.PEOPLE: _("People"),
    Section.ORGANISATION: _("Organisation"),
    Section.SECURITY: _("Security"),
    Section.AUDIT: _("Audit"),
    Section.PLATFORM: _("Platform"),
}

_ABOUT: Final = {
    Section.CHAT: _("What visitors and agents write, and what agents have at hand."),
    Section.REPORTS: _("How much is asked, how fast it is answered, and what visitors think of it."),
    Section.PEOPLE: _("Your colleagues, their roles and the way in for new ones."),
    Section.ORGANISATION: _("Where your chat is shown, when it is open, and what is hidden in it."),
    Section.SECURITY: _("How members sign in, and who is locked out."),
    Section.AUDIT: _("What was done and looked at, by whom."),
    Section.PLATFORM: _("All organisations, their plans and their people's accounts."),
}
