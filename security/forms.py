"""Form fields that yield `MaskedText`, and what every form shows again: the guard in front of forms.

Danger: a form that comes back with errors shows what was typed, in its fields and in Django's own sentences about them. Rule: free text is a
`MaskedCharField`; whatever a bound field shows again is masked, and no sentence quotes a value. Both hold for forms of libraries too, since the
renderer (settings.FORM_RENDERER) gives every form its bound fields. Proof: tests/security/test_forms.py.

The raw text lives in the bound form until the response is written; what a view takes from `cleaned_data` is masked.
"""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.forms.utils import ErrorList
from django.utils.translation import gettext_lazy as _

from security.masking import MAX_LENGTH, MaskedText, TooLong, mask_or_withhold

ECHOED: Final = frozenset({"value", "show_value"})
"""What Django's sentences call the value that they quote."""
UNSAID: Final = "…"
_OWN_KINDS: Final = frozenset({"email", "phone"})


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
        cleaned = super().clean(value)
        if self.required and not cleaned.strip():  # a field that keeps blanks is not filled in with them
            raise ValidationError(self.error_messages["required"], code="required")
        return self._masked(cleaned)

    def prepare_value(self, value: Any) -> Any:
        """Show masked text, in a form that comes back with errors too."""
        if not isinstance(value, str) or isinstance(value, MaskedText):
            return value
        return _shown(value, self._masker)

    def _masked(self, text: str) -> MaskedText:
        try:
            masked = self._masker(text)
        except TooLong:
            raise ValidationError(self.error_messages["long"], code="long") from None
        if masked.is_withheld:
            raise ValidationError(self.error_messages["withheld"], code="withheld")
        if self.max_length is not None and len(masked) > self.max_length:  # a label is longer than what it stands for
            raise ValidationError(self.error_messages["long"], code="long")
        return masked


def spells_no_secret(value: str) -> None:
    """A validator for text that is parsed as its type, and so is kept as it was typed: an address, a word of an address."""
    if any(finding.kind not in _OWN_KINDS for finding in mask_or_withhold(value[:MAX_LENGTH]).findings):
        raise ValidationError(_("This holds a number that must not be kept here."), code="secret")


class QuietField(forms.BoundField):
    """A field of any form: what was typed comes back masked, and errors quote nothing."""

    def value(self) -> Any:
        """As Django's; what was typed is masked, what was stored was masked before."""
        found = super().value()
        return _shown(found, mask_or_withhold) if self.form.is_bound and type(found) is str else found

    @property
    def errors(self) -> ErrorList:
        """As Django's, without the value that a sentence is about."""
        told = super().errors.copy()
        told.data = [_quiet(error) for error in told.as_data()]
        return told


class Renderer(DjangoTemplates):
    """Django's own, with quiet fields."""

    bound_field_class = QuietField


def _shown(text: str, masker: Callable[[str], MaskedText]) -> str:
    try:
        return masker(text)
    except TooLong:
        return ""


def _quiet(error: ValidationError) -> ValidationError:
    params = dict(error.params or {})
    params.update(dict.fromkeys(ECHOED & params.keys(), UNSAID))
    return ValidationError(error.message, code=error.code, params=params or None)
