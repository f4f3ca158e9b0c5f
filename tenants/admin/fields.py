"""Form fields that name records by their public ids, and two for lists: of website and of mail addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from security.errors import Invalid
from security.forms import spells_no_secret
from security.models import normalize_email
from tenants.origins import origin_of

if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[Any]
    _Choices = forms.ModelMultipleChoiceField[Any]
else:
    _Choice, _Choices = forms.ModelChoiceField, forms.ModelMultipleChoiceField

_MOST_ORIGINS = 50
_MOST_ADDRESSES = 50
_MOST_SHOWN = 80
_BETWEEN = re.compile(r"[\s,;]+")


class PublicChoiceField(_Choice):
    """One of the organisation's records; primary keys neither leave nor enter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["to_field_name"] = "public_id"
        super().__init__(*args, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A model form gives the foreign key as it is stored."""
        if isinstance(value, int):
            return self.queryset.filter(pk=value).values_list("public_id", flat=True).first()  # type: ignore[union-attr]
        return super().prepare_value(value)


class PublicChoicesField(_Choices):
    """Several of the organisation's records."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["to_field_name"] = "public_id"
        super().__init__(*args, **kwargs)


class OriginsField(forms.CharField):
    """Website addresses, one a line, brought to the form in which browsers name them."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=_MOST_ORIGINS * 256, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        """The list, without doubles."""
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > _MOST_ORIGINS:
            raise ValidationError(_("At most %(most)s addresses."), code="many", params={"most": _MOST_ORIGINS})
        return list(dict.fromkeys(_origin(number, line) for number, line in enumerate(lines, start=1)))

    def has_changed(self, initial: Sequence[str] | None, data: Any) -> bool:
        return [line.strip() for line in (data or "").splitlines() if line.strip()] != list(initial or ())


class AddressesField(forms.CharField):
    """Mail addresses as they are copied from a list, each brought to its one spelling."""

    widget = forms.Textarea(attrs={"rows": 3, "autocapitalize": "off", "spellcheck": "false"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=_MOST_ADDRESSES * 256, **kwargs)

    def clean(self, value: Any) -> Any:
        """The list, without doubles."""
        words = [word for word in _BETWEEN.split(super().clean(value)) if word]
        if not words:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(words) > _MOST_ADDRESSES:
            raise ValidationError(_("At most %(most)s addresses."), code="many", params={"most": _MOST_ADDRESSES})
        wrong = [said for number, word in enumerate(words, start=1) if (said := _wrong(number, word)) is not None]
        if wrong:
            wrong.append(
                ValidationError(_("Write them like name@shop.example. Nothing was sent to anybody."), code="unsent")
            )
            raise ValidationError(wrong)
        return list(dict.fromkeys(normalize_email(word) for word in words))


def _wrong(number: int, word: str) -> ValidationError | None:
    """What is said of it; a word that may be a secret is not said again."""
    try:
        spells_no_secret(word)
    except ValidationError:
        return ValidationError(_("Address %(number)s is not an e-mail address."), "address", {"number": number})
    try:
        validate_email(word)
    except ValidationError:
        said = _("Address %(number)s is not an e-mail address: %(word)s")
        return ValidationError(said, "address", {"number": number, "word": word[:_MOST_SHOWN]})
    return None


def _origin(number: int, line: str) -> str:
    try:
        spells_no_secret(line)
        return origin_of(line)
    except Invalid:
        raise ValidationError(
            _("Line %(number)s is no web address such as shop.example."), code="website", params={"number": number}
        ) from None
