import pytest
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError

from security.accounts.passwords import LengthValidator
from security.models import User


@pytest.mark.parametrize("length", [15, 128, 256])
def test_lengths_within_the_rule_pass(length: int) -> None:
    LengthValidator().validate("x" * length)


@pytest.mark.parametrize(("length", "said"), [(14, "1 more"), (0, "15 more"), (257, "at most 256")])
def test_other_lengths_are_told_how_far_off_they_are(length: int, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        LengthValidator().validate("x" * length)


def test_a_password_that_names_its_owner_is_refused() -> None:
    with pytest.raises(ValidationError, match="similar"):
        validate_password("olga.owner@acme.example", User(email="olga.owner@acme.example", full_name="Olga Owner"))


def test_the_rule_is_told_before_it_is_broken() -> None:
    assert "15 characters" in " ".join(password_validators_help_texts())
