"""Form fields that yield `MaskedText`: the guard in front of forms.

The raw text lives in the bound form until the response is written; what a view takes from `cleaned_data` is masked.
A form that is shown again shows the masked text, never the raw one.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from security.masking import MAX_LENGTH, MaskedText, TooLong, mask_or_withhold


class MaskedCharField(forms.CharField):
    """Free text; `masker` masks by the tenant's rules as they are at the time of cleaning."""

    default_error_messages = {  # noqa: RUF012 - Django's own shape
        "withheld": _("This text could not be checked. Please change it and try again."),
        "long": _("This text is too long."),
    }

    def __init__(self, *, masker: Callable[[str], MaskedText] = mask_or_withhold, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_LENGTH)
        super().__init__(**kwargs)
        self._masker = masker

    def clean(self, value: Any) -> MaskedText:
        """Mask the cleaned text; an error of the engine refuses the form."""
        # Cleaned first: what is longer than the field allows is refused before it is looked at.
        return self._masked(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        """Show masked text, in a form that comes back with errors too."""
        if not isinstance(value, str) or isinstance(value, MaskedText):
            return value
        try:
            return self._masker(value)
        except TooLong:
            return ""

    def _masked(self, text: str) -> MaskedText:
        try:
            masked = self._masker(text)
        except TooLong:
            raise ValidationError(self.error_messages["long"], code="long") from None
        if any(finding.kind == "withheld" for finding in masked.findings):
            raise ValidationError(self.error_messages["withheld"], code="withheld")
        return masked
