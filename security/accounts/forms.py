"""Forms of allauth's pages that do a little more here."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, ResetPasswordForm, ResetPasswordKeyForm, SetPasswordForm
from allauth.core import context
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from security.accounts.passwords import rules_for
from security.accounts.shown_rules import show_rules
from security.accounts.signals import password_reset_requested
from security.forms import MaskedCharField

LONGEST_PASSKEY_NAME: Final = 60


class AskedResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Tells that a reset was asked for, once, whether or not the address is anybody's."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send the mail, and the signal."""
        email: str = super().save(request, **kwargs)
        password_reset_requested.send(type(self), user=next(iter(self.users), None))
        return email


class RuledChangeForm(ChangePasswordForm):  # type: ignore[misc]
    """Shows the person's rules."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show_rules(self.fields["password1"], rules_for(self.user))

    def clean_oldpassword(self) -> str:
        """Counted as at sign-in: whoever sits before an open session guesses no faster than anybody else."""
        old: str = self.cleaned_data.get("oldpassword", "")
        request = context.request
        if get_adapter().authenticate(request, email=self.user.email, password=old) != self.user:
            raise get_adapter().validation_error("enter_current_password")
        return old


class RuledSetForm(SetPasswordForm):  # type: ignore[misc]
    """Shows the person's rules."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show_rules(self.fields["password1"], rules_for(self.user))


class RuledResetForm(ResetPasswordKeyForm):  # type: ignore[misc]
    """Shows the rules of whoever's link it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show_rules(self.fields["password1"], rules_for(self.user))


class NamedPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """Its name is free text of the owner's, who may leave it out."""

    name = MaskedCharField(label=_("Name"), required=False, max_length=LONGEST_PASSKEY_NAME)


class RenamedPasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """Another name for it."""

    name = MaskedCharField(label=_("Name"), max_length=LONGEST_PASSKEY_NAME)
