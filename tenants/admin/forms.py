"""What every form of the admin has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm


class TenantModelForm(_ModelForm):
    """A form that a service can still refuse after it was found valid: it is then shown again with `refusal` as its error."""

    refusal: ClassVar[str | None] = None

    class Meta:
        error_messages: ClassVar = {NON_FIELD_ERRORS: {"unique_together": _("This name is taken already.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any] | None:
        """Add what was refused before."""
        data = super().clean()
        if self.refusal is not None:
            self.add_error(None, self.refusal)
        return data
