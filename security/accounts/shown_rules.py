"""The rules beside a field for a new password, as the page and its script take them."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _

from security.accounts.passwords import class_name
from security.accounts.rules import CharacterClass, PasswordRules


@dataclass(frozen=True, slots=True)
class Line:
    """One rule; its `kind` is what the script looks for, empty where only the server can tell."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ShownRules:
    """What the page is given."""

    least: int
    strength: int
    lines: tuple[Line, ...]


def shown(rules: PasswordRules) -> ShownRules:
    """The rules as lines, in the order in which they are looked at."""
    return ShownRules(rules.min_length, rules.min_strength, tuple(_lines(rules)))


def show_rules(field: forms.Field, rules: PasswordRules) -> None:
    """Put the rules beside a form's field; the templates ask for `field.field.rules`."""
    field.rules = shown(rules)  # type: ignore[attr-defined]
    field.help_text = ""


def _lines(rules: PasswordRules) -> list[Line]:
    first = _("At least %(least)d characters. A few unrelated words are easy to remember and hard to guess.")
    lines = [Line("length", first % {"least": rules.min_length})]
    asked = [kind for kind in CharacterClass if kind in rules.classes]
    lines.extend(Line(kind.value, _("Holds %(kind)s.") % {"kind": class_name(kind)}) for kind in asked)
    if rules.history > 1:
        lines.append(Line("", _("None of your last %(count)d passwords.") % {"count": rules.history}))
    return lines
