"""The form of an organisation's own server."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chat.models import OwnServer, ServerKind
from chat.retention.servers.configured import Given
from security.masking import mask_or_withhold


class _Unshown(forms.Textarea):
    """What was typed into it is never shown again."""

    def format_value(self, value: Any) -> None:
        return None


class _Exact(forms.RegexField):
    """What has to be stored as it was typed, or not at all: what masking would change is refused."""

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        if mask_or_withhold(str(found)) != found:
            raise ValidationError(_("This reads like a number that must not be stored."))
        return found


class OwnServerForm(forms.Form):
    """Where transcripts go, and what is needed to get in."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=[(ServerKind.S3.value, _("S3-compatible")), (ServerKind.SFTP.value, _("SFTP"))]
    )
    address = _Exact(
        r"\A(https?://)?[A-Za-z0-9.-]{1,230}(:[0-9]{1,5})?/?\Z",
        label=_("Address"),
        max_length=255,
        error_messages={"invalid": _("Enter https://host for S3, host or host:port for SFTP, without a path.")},
        help_text=_("S3: such as https://s3.eu-central-1.amazonaws.com. SFTP: such as files.example.com:22."),
    )
    bucket = _Exact(
        r"\A[a-z0-9][a-z0-9.-]{1,62}\Z",
        label=_("Bucket"),
        required=False,
        help_text=_("S3 only."),
        error_messages={
            "invalid": _(
                "Enter 2 to 63 small letters, digits, dots or hyphens, a letter or digit first: such as chats."
            )
        },
    )
    region = _Exact(
        r"\A[a-z0-9-]{1,32}\Z",
        label=_("Region"),
        required=False,
        help_text=_("S3 only; empty is us-east-1."),
        error_messages={"invalid": _("Enter small letters, digits and hyphens, such as eu-central-1.")},
    )
    folder = _Exact(
        r"\A(?!.*\.\.)[A-Za-z0-9._/-]{1,200}\Z",
        label=_("Folder"),
        required=False,
        help_text=_("For SFTP it has to be there already. Empty: where the account begins."),
        error_messages={
            "invalid": _(
                "Enter letters, digits, hyphens, underscores and single dots, folders within each other like a/b."
            )
        },
    )
    account = _Exact(
        r"\A[!-~]{1,128}\Z",
        label=_("Account"),
        help_text=_("S3: the access key's id. SFTP: the user's name."),
        error_messages={"invalid": _("Enter up to 128 Latin letters, digits and signs, without spaces.")},
    )
    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "The secret access key, or the password. It is stored encrypted; empty keeps the stored one if nothing else is changed."
        ),
    )
    private_key = forms.RegexField(
        r"\A-----BEGIN [A-Z ]{1,40}-----[A-Za-z0-9+/=\s]+-----END [A-Z ]{1,40}-----\s*\Z",
        label=_("Private key"),
        required=False,
        max_length=8_000,
        widget=_Unshown(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("SFTP only, instead of a password: in PEM, without a passphrase."),
        error_messages={"invalid": _("Paste the whole key, from its line with BEGIN to its line with END.")},
    )
    host_key = forms.RegexField(
        r"\A(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/=]{40,2000}\Z",
        label=_("Host key"),
        required=False,
        max_length=2_100,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("SFTP only. Leave it empty to see which one the server shows."),
        error_messages={"invalid": _("Enter it in one line, its kind first: such as ssh-ed25519 AAAA….")},
    )
    recipient = forms.RegexField(
        r"\Aage1[a-z0-9]{58}\Z",
        label=_("Public key"),
        required=False,
        help_text=_("Optional, of age: what is sent is encrypted to it, and only who has its private key reads it."),
        error_messages={"invalid": _("This is no public key of age: age1 and 58 small letters and digits.")},
    )

    def __init__(self, data: Any = None, *, stored: OwnServer | None = None) -> None:
        names = ("kind", "address", "bucket", "region", "folder", "account", "host_key", "recipient")
        initial = {name: getattr(stored, name) for name in names} if stored else {}
        super().__init__(data, initial=initial, label_suffix="")

    def given(self) -> Given:
        """What was entered."""
        data = dict(self.cleaned_data)
        secret = data.pop("private_key") or data.pop("secret")
        data.pop("secret", None)
        return Given(**{**data, "kind": ServerKind(data["kind"]), "secret": secret})
