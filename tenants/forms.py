"""What strangers and invited people type."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from security.accounts.passwords import require_good
from security.accounts.rules import MODERN, PasswordRules
from security.accounts.shown_rules import show_rules
from security.errors import Invalid
from security.forms import MaskedCharField, spells_no_secret
from security.masking import MaskedText, mask_or_withhold
from security.models import User, normalize_email
from tenants.origins import origin_of

Masker = Callable[[str], MaskedText]
_LONGEST_PASSWORD = 256
_LINK = re.compile(r"://|www\.|@|[\x00-\x1f\x7f]", re.IGNORECASE)


def no_link(value: str) -> None:
    """Names stand in mails to people who never asked for them: they must not carry an address to click on."""
    if _LINK.search(value):
        raise ValidationError(_("A name holds no web or e-mail address."), code="link")


class _Form(forms.Form):
    """Labels as the designer wrote them, without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


def _new_password() -> forms.CharField:
    return forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=_LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def _full_name(masker: Masker = mask_or_withhold) -> forms.CharField:
    return MaskedCharField(
        masker=masker,
        label=_("Your name"),
        max_length=120,
        validators=[no_link],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


def _check_password(form: forms.Form, *, email: str, full_name: str, rules: PasswordRules) -> None:
    password = form.cleaned_data.get("password")
    if password:
        try:
            require_good(password, rules=rules, user=User(email=email, full_name=full_name))
        except ValidationError as error:
            form.add_error("password", error)


class SignUpForm(_Form):
    """A new organisation. Nothing here depends on whether the address is known."""

    organisation = MaskedCharField(
        label=_("Organisation"),
        max_length=120,
        validators=[no_link],
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    website = forms.CharField(
        label=_("Website"),
        max_length=255,
        validators=[spells_no_secret],
        help_text=_("Where the chat will be shown, such as shop.example. You can add more later."),
        widget=forms.TextInput(attrs={"autocomplete": "url", "inputmode": "url"}),
    )
    full_name = _full_name()
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        validators=[spells_no_secret],
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = _new_password()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show_rules(self.fields["password"], MODERN)

    def clean_email(self) -> str:
        """One spelling for each address."""
        return normalize_email(self.cleaned_data["email"])

    def clean_website(self) -> str:
        """What is no web address is said so at once."""
        website: str = self.cleaned_data["website"]
        try:
            origin_of(website)
        except Invalid:
            raise ValidationError(_("Enter a web address such as shop.example."), code="website") from None
        return website

    def clean(self) -> dict[str, Any]:
        """The password, with what it must not resemble."""
        data = super().clean() or self.cleaned_data
        rules = replace(MODERN, words=frozenset({data.get("organisation", "")}))
        _check_password(self, email=data.get("email", ""), full_name=data.get("full_name", ""), rules=rules)
        return data


class JoinForm(_Form):
    """An invited person without an account."""

    full_name = _full_name()
    password = _new_password()

    def __init__(self, *args: Any, email: str, rules: PasswordRules, masker: Masker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["full_name"] = _full_name(masker)
        self.email, self.rules = email, rules
        show_rules(self.fields["password"], rules)

    def clean(self) -> dict[str, Any]:
        """The password, with what it must not resemble."""
        data = super().clean() or self.cleaned_data
        _check_password(self, email=self.email, full_name=data.get("full_name", ""), rules=self.rules)
        return data


class PasswordForm(_Form):
    """A person who confirms with the password he chose."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=_LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ProviderEmailForm(forms.Form):
    """Whose domain says which provider."""

    email = forms.EmailField(max_length=254, validators=[spells_no_secret])
