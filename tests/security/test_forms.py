"""Form fields hand on masked text and never show the raw one again."""

import pytest
from django import forms

from chat.admin.masking_forms import RuleForm, SettingsForm
from security.forms import MaskedCharField, spells_no_secret
from security.masking import MaskedText, MaskingPolicy, Pattern, mask_or_withhold


class BrokenPattern(Pattern):
    """A real pattern whose matching fails, as a broken library would."""

    def spans(self, text: str, matching: object) -> object:  # type: ignore[override]  # noqa: ARG002
        raise RuntimeError(text)


EMPLOYEE = MaskingPolicy(patterns=(Pattern("employee", "format", "EMP-######"),))
BROKEN = MaskingPolicy(patterns=(BrokenPattern("broken", "regex", "secret"),))


class Rating(forms.Form):
    comment = MaskedCharField(max_length=60)
    note = MaskedCharField(required=False, masker=lambda text: mask_or_withhold(text, EMPLOYEE))


def test_clean_data_is_masked_by_the_fields_rules() -> None:
    form = Rating({"comment": " 4242 4242 4242 4242 ", "note": "EMP-123456"})
    assert form.is_valid()
    assert type(form.cleaned_data["comment"]) is MaskedText
    assert form.cleaned_data == {"comment": "•••• •••• •••• 4242", "note": "[employee]"}


def test_an_empty_field_is_masked_text_too() -> None:
    form = Rating({"comment": "hello"})
    assert form.is_valid()
    assert type(form.cleaned_data["note"]) is MaskedText


def test_a_refused_form_comes_back_masked() -> None:
    form = Rating({"comment": "4242424242424242" + "x" * 60})
    assert not form.is_valid()
    html = form.as_p()
    assert "4242424242424242" not in html
    assert "•••• •••• •••• 4242" in html


def test_what_is_too_long_to_mask_is_not_shown_again() -> None:
    field = MaskedCharField(max_length=None)
    with pytest.raises(forms.ValidationError) as caught:
        field.clean("4" * 8_001)
    assert caught.value.code == "long"
    assert field.prepare_value("4" * 8_001) == ""


def test_an_error_of_the_engine_refuses_the_form_without_a_word_of_the_text() -> None:
    field = MaskedCharField(masker=lambda text: mask_or_withhold(text, BROKEN))
    with pytest.raises(forms.ValidationError) as caught:
        field.clean("my secret")
    assert caught.value.code == "withheld"
    assert "secret" not in str(caught.value)
    assert "secret" not in field.prepare_value("my secret")


CARD = "4242 4242 4242 4242"


class Plain(forms.Form):
    """As a library would declare it: nothing of ours but the renderer."""

    name = forms.CharField(max_length=30)
    kind = forms.ChoiceField(choices=[("a", "A")])
    count = forms.IntegerField(max_value=7)
    day = forms.DateField()


def test_a_librarys_form_comes_back_without_what_was_typed() -> None:
    form = Plain(
        {"name": CARD + " and what else there is", "kind": "my words", "count": "4242424242424242", "day": CARD}
    )
    assert not form.is_valid()
    for html in (form.as_p(), form.as_div(), str(form["kind"].errors), str(form["count"].errors.as_json())):
        assert "4242 4242" not in html
        assert "4242424242424242" not in html
        assert "my words" not in html
    assert "…" in str(form["kind"].errors)


def test_what_was_stored_is_shown_as_it_is() -> None:
    assert 'value="card 4242 4242 4242 4242"' in str(Plain(initial={"name": f"card {CARD}"})["name"])


def test_a_text_that_its_label_makes_longer_than_its_column_is_refused() -> None:
    long = MaskingPolicy(patterns=(Pattern("a name that is longer than its phrase", "phrase", ("ab",)),))
    with pytest.raises(forms.ValidationError) as caught:
        MaskedCharField(max_length=20, masker=lambda text: mask_or_withhold(text, long)).clean("ab")
    assert caught.value.code == "long"


def test_blanks_are_nothing_where_something_is_asked_for() -> None:
    with pytest.raises(forms.ValidationError, match="required"):
        MaskedCharField(strip=False).clean(" \n ")
    assert str(MaskedCharField(strip=False, required=False).clean(" ")) == " "


@pytest.mark.parametrize("text", [f"{CARD.replace(' ', '')}@home.example", f"pay-{CARD.replace(' ', '-')}"])
def test_what_is_kept_as_it_was_typed_spells_no_secret(text: str) -> None:
    with pytest.raises(forms.ValidationError) as caught:
        spells_no_secret(text)
    assert "4242" not in str(caught.value)
    spells_no_secret("vera@home.example")


def test_a_pattern_is_shown_again_as_it_was_typed() -> None:
    """Or the next attempt would store its mask."""
    typed = {"kind": "regex", "value": CARD, "name": ""}
    assert CARD in str(RuleForm(typed)["value"])
    assert CARD in str(SettingsForm({"allowed": CARD})["allowed"])
