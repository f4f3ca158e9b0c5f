"""Which passwords are taken: the rules of the person's organisations, the list of common ones, and what he had before.

Danger: a rule that holds in one form and not in another. Rule: every form asks `validate_password`, whose one validator is `PolicyValidator`;
whose rules hold is said by whoever knows organisations, through `register_rules`. Proof: tests/security/accounts/test_passwords.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from security.accounts.common_passwords import is_common
from security.accounts.rules import LONGEST, MODERN, CharacterClass, PasswordRules
from security.accounts.strength import strength_of
from security.models import FormerPassword, User

LEFT_WITHOUT_NAMES: Final = 8
"""Characters that a password must have besides names that anybody would try."""
_SHORTEST_WORD: Final = 4
_PRODUCT: Final = frozenset({"chatplatform"})

_rules_of: list[Callable[[User], PasswordRules]] = []


def register_rules(rules_of: Callable[[User], PasswordRules]) -> None:
    """Ask this from now on which rules hold for a person."""
    _rules_of[:] = [rules_of]


def require_good(password: str, *, rules: PasswordRules, user: User) -> None:
    """ValidationError with everything that is wrong, for who is about to join: he has no password yet."""
    found = problems_of(password, rules=rules, user=user)
    if found:
        raise ValidationError(found)


def rules_for(user: User | None) -> PasswordRules:
    """The strictest of the person's organisations' rules; MODERN for who has none yet."""
    if user is None or not user.pk or not _rules_of:
        return MODERN
    return _rules_of[0](user)


def words_of(user: User | None, rules: PasswordRules) -> frozenset[str]:
    """Names that anybody would try: of the product, the organisation, the person, the parts of his address."""
    said = " ".join((*rules.words, *(() if user is None else (user.full_name, user.email))))
    return _PRODUCT | {word for word in re.split(r"\W+|_", said.casefold()) if len(word) >= _SHORTEST_WORD}


def problems_of(password: str, *, rules: PasswordRules, user: User | None) -> list[ValidationError]:
    """Everything that is wrong, each with how far off it is; without a look at former passwords."""
    if len(password) > LONGEST:
        return [_error("password_too_long", _("This password is too long: at most %(most)d characters."), most=LONGEST)]
    words = words_of(user, rules)
    found = [*_length(password, rules), *_classes(password, rules), *_names(password, words)]
    if is_common(password):
        found.append(
            _error("password_common", _("This password is among those that are tried first: many people use it."))
        )
    elif strength_of(password, words) < rules.min_strength:
        said = _("This password is too easy to guess: add another word that has nothing to do with the others.")
        found.append(_error("password_weak", said))
    return found


def was_had(password: str, *, user: User, history: int) -> bool:
    """Whether it is the person's present password or one of the `history` last ones, the present one counted."""
    former = FormerPassword.objects.filter(user=user).order_by("-replaced_at", "-pk").values_list("encoded", flat=True)
    return any(check_password(password, encoded) for encoded in (user.password, *former[: max(history - 1, 0)]))


class PolicyValidator:
    """Django's question, answered by the rules above."""

    def validate(self, password: str, user: User | None = None) -> None:
        """ValidationError with everything that is wrong."""
        rules = rules_for(user)
        found = problems_of(password, rules=rules, user=user)
        if not found and user is not None and user.pk and was_had(password, user=user, history=rules.history):
            found = [_error("password_had", _had(rules.history))]
        if found:
            raise ValidationError(found)

    def get_help_text(self) -> str:
        """What holds for who belongs nowhere yet."""
        return _("At least %(least)d characters. A few unrelated words are easy to remember and hard to guess.") % {
            "least": MODERN.min_length
        }


def class_name(kind: CharacterClass) -> str:
    """What a person calls this kind of character."""
    return {
        CharacterClass.LETTERS: _("a letter"),
        CharacterClass.DIGITS: _("a digit"),
        CharacterClass.UPPER: _("a capital letter"),
        CharacterClass.LOWER: _("a small letter"),
        CharacterClass.SYMBOLS: _("a sign such as ! or a space"),
    }[kind]


def _length(password: str, rules: PasswordRules) -> list[ValidationError]:
    missing = rules.min_length - len(password)
    if missing <= 0:
        return []
    said = ngettext(
        "This password is too short: it needs at least %(least)d characters, %(missing)d more than this.",
        "This password is too short: it needs at least %(least)d characters, %(missing)d more than this.",
        missing,
    )
    return [_error("password_too_short", said, least=rules.min_length, missing=missing)]


def _classes(password: str, rules: PasswordRules) -> list[ValidationError]:
    return [
        _error("password_lacks_class", _("This password lacks %(kind)s."), kind=class_name(kind))
        for kind in _in_order(rules)
        if not kind.is_in(password)
    ]


def _names(password: str, words: frozenset[str]) -> list[ValidationError]:
    left = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    if left == password.casefold() or len(left) >= LEFT_WITHOUT_NAMES:
        return []
    said = _(
        "This password is little more than a name: without yours, your address and your organisation's it needs %(least)d characters."
    )
    return [_error("password_of_names", said, least=LEFT_WITHOUT_NAMES)]


def _had(history: int) -> str:
    if history > 1:
        return _("You have had this password: it must differ from your last %(count)d.") % {"count": history}
    return _("This is the password that you have.")


def _in_order(rules: PasswordRules) -> list[CharacterClass]:
    return [kind for kind in CharacterClass if kind in rules.classes]


def _error(code: str, said: str, **params: object) -> ValidationError:
    return ValidationError(said, code=code, params=params or None)
