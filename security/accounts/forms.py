"""Forms of allauth's pages that do a little more here."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from allauth.core import context
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from security.accounts import kept_address, resets
from security.accounts.passwords import rules_for
from security.accounts.shown_rules import show_rules
from security.forms import MaskedCharField
from security.models import normalize_email

LONGEST_PASSKEY_NAME: Final = 60


class AskedResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Takes the address down, without a look at whose it is."""

    def clean_email(self) -> str:
        """In its one spelling."""
        return normalize_email(get_adapter().clean_email(self.cleaned_data["email"]))

    def save(self, request: HttpRequest, **_: Any) -> str:  # noqa: ARG002 - allauth's interface
        """Leave the rest to the worker."""
        email: str = self.cleaned_data["email"]
        resets.ask(email)
        return email


class ChangedEmailForm(AddEmailForm):  # type: ignore[misc]
    """Refuses whose address has to stay."""

    def clean_email(self) -> str:
        """Before a mail goes to the new one."""
        email: str = super().clean_email()
        if kept_address.must_keep(self.user, email):
            raise ValidationError(kept_address.refusal())
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
