"""Which passwords are taken, and what is said of those that are not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError

from security.accounts.passwords import problems_of, was_had
from security.accounts.people import change_password
from security.accounts.rules import LONGEST, MODERN, PCI_DSS, CharacterClass, PasswordRules, strictest
from security.models import FormerPassword, User
from security.scoping import tenant_scope
from tenants.models import Membership, Policy, Role
from tests.tenants.people import PASSWORD, Organisation

OLGA = User(email="olga.owner@acme.example", full_name="Olga Owner")
FINE = "quiet-lantern-orbit-marble"


def codes(password: str, rules: PasswordRules = MODERN, user: User | None = OLGA) -> list[str]:
    return [str(error.code) for error in problems_of(password, rules=rules, user=user)]


@pytest.mark.parametrize(
    "password", [FINE, FINE * 5, "ünïcödé zählt äuch hïer", "x7#Qm2!vLp9@Zr4", (FINE * 20)[:LONGEST]]
)
def test_long_and_unusual_is_enough(password: str) -> None:
    assert codes(password) == []


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("lantern-orbit", "password_too_short"),
        ("x" * (LONGEST + 1), "password_too_long"),
        ("passwordpassword", "password_common"),
        ("PasswordPassword", "password_common"),
        ("aaaaaaaaaaaaaaaaaaaa", "password_common"),
        ("a1b2a1b2a1b2a1b2a1b2", "password_weak"),
        ("Summer2026Summer2026", "password_weak"),
        ("olga.owner@acme.example", "password_of_names"),
        ("chatplatform-2026", "password_of_names"),
    ],
)
def test_what_is_wrong_is_named(password: str, wrong: str) -> None:
    assert wrong in codes(password)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    rules = replace(MODERN, classes=frozenset(CharacterClass))
    assert codes("ab", rules) == ["password_too_short", *["password_lacks_class"] * 3, "password_weak"]
    said = " ".join(message for error in problems_of("ab", rules=rules, user=None) for message in error.messages)
    assert "needs at least 15 characters, 13 more than this" in said
    assert all(kind in said for kind in ("a digit", "a capital letter", "a sign"))


def test_the_organisations_name_alone_is_none() -> None:
    rules = replace(MODERN, words=frozenset({"Wunderkontor", "wunderkontor"}))
    assert "password_of_names" in codes("Wunderkontor2026", rules)
    assert codes("wunderkontor-quiet-lantern-orbit", rules) == []


def test_the_strictest_of_several_rules_holds() -> None:
    own = PasswordRules(min_length=20, min_strength=4, history=1, max_age_days=200, words=frozenset({"acme"}))
    both = strictest([own, PCI_DSS])
    assert (both.min_length, both.min_strength, both.history, both.max_age_days) == (20, 4, 4, 90)
    assert both.classes == {CharacterClass.LETTERS, CharacterClass.DIGITS}
    assert both.words == {"acme"}
    assert strictest([]) == MODERN


def test_a_persons_organisations_decide_together(acme: Organisation, rival: Organisation) -> None:
    olga = acme.user("olga")
    validate_password(FINE, olga)
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=olga, role=Role.objects.get(slug="agent"), name="Olga")
        Policy.objects.update(password_classes=["digits"])
    with pytest.raises(ValidationError, match="lacks a digit"):
        validate_password(FINE, olga)
    validate_password(FINE, acme.user("ada"))


def test_what_was_had_does_not_come_again(acme: Organisation) -> None:
    olga = acme.user("olga")
    for number in range(4):
        change_password(user=olga, password=f"{FINE}-{number}")
    assert not was_had(PASSWORD, user=olga, history=4)
    assert was_had(PASSWORD, user=olga, history=5)
    assert [was_had(f"{FINE}-{number}", user=olga, history=1) for number in (2, 3)] == [False, True]
    with pytest.raises(ValidationError, match="must differ from your last 4"):
        validate_password(f"{FINE}-0", olga)
    validate_password(PASSWORD, olga)


def test_the_present_password_is_never_a_new_one(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        Policy.objects.update(password_history=0)
    with pytest.raises(ValidationError, match="the password that you have"):
        validate_password(PASSWORD, acme.user("olga"))


def test_no_more_is_kept_than_rules_can_ask_for(acme: Organisation) -> None:
    olga = acme.user("olga")
    for number in range(30):
        change_password(user=olga, password=str(number))
    assert FormerPassword.objects.filter(user=olga).count() == 24
    assert was_had("5", user=olga, history=25)
    assert not was_had("4", user=olga, history=30)


def test_the_rule_is_told_before_it_is_broken() -> None:
    assert "15 characters" in " ".join(password_validators_help_texts())
