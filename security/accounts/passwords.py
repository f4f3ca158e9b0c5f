"""Password rules of our own, besides Django's list of common passwords and its look at the person's own data."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from security.models import User


class LengthValidator:
    """At least `least` characters, at most `most`; the upper end only bounds the work, nothing is ever cut off."""

    def __init__(self, least: int = 15, most: int = 256) -> None:
        self.least, self.most = least, most

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's interface
        """ValidationError that says what is wrong and how far off it is."""
        if len(password) < self.least:
            missing = self.least - len(password)
            raise ValidationError(
                ngettext(
                    "This password is too short: it needs at least %(least)d characters, %(missing)d more than this.",
                    "This password is too short: it needs at least %(least)d characters, %(missing)d more than this.",
                    missing,
                ),
                code="password_too_short",
                params={"least": self.least, "missing": missing},
            )
        if len(password) > self.most:
            raise ValidationError(
                _("This password is too long: at most %(most)d characters."),
                code="password_too_long",
                params={"most": self.most},
            )

    def get_help_text(self) -> str:
        """The rule in one sentence."""
        return _("At least %(least)d characters. A few unrelated words are easy to remember and hard to guess.") % {
            "least": self.least
        }
