"""Forms of the agents' console."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from security.forms import MaskedCharField, spells_no_secret
from tenants.policies import masked_for_members


class OwnResponseForm(forms.Form):
    """A reply that an agent keeps for himself."""

    shortcut = forms.SlugField(
        max_length=40,
        validators=[spells_no_secret],
        error_messages={"invalid": _("Write letters, figures, hyphens and underscores only, without spaces.")},
    )
    title = MaskedCharField(max_length=120, masker=masked_for_members)
    text = MaskedCharField(max_length=8_000, strip=False, masker=masked_for_members)
