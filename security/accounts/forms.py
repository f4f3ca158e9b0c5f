"""Forms of allauth's pages that do a little more here."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.http import HttpRequest

from security.accounts.signals import password_reset_requested


class AskedResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Tells that a reset was asked for, once, whether or not the address is anybody's."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send the mail, and the signal."""
        email: str = super().save(request, **kwargs)
        password_reset_requested.send(type(self), user=next(iter(self.users), None))
        return email
