"""The forms of the Masking page. What they hold is what must not be read, so patterns are shown to whoever may configure masking and nowhere else."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.admin.masking_words import SETTINGS
from chat.masked_kinds import packs
from security.forms import spells_no_secret
from security.masking import MAX_LENGTH
from tenants.rules import MAX_NAME, Rule, RuleKind, RuleSet
from tenants.services.masking.drafting import Settings

_LONGEST_VALUE = 40_000
_MOST_KEPT = 4


class AsTypedField(forms.CharField):
    """Shown again as it was typed, unlike every other field: masked, a pattern would be another."""

    bound_field_class = forms.BoundField


class RuleForm(forms.Form):
    """One pattern. What the engine does not take is said by the engine."""

    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME,
        validators=[spells_no_secret],
        help_text=_("For you: it stands in reports and versions."),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (RuleKind.FORMAT.value, _("Format")),
            (RuleKind.PHRASE.value, _("Phrases")),
            (RuleKind.REGEX.value, _("Regular expression")),
        ],
    )
    value = AsTypedField(
        label=_("What is hidden"),
        max_length=_LONGEST_VALUE,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_(
            "A format: # is a digit, the rest stands for itself in any case, such as EMP-######;"
            " a hyphen or space may be another or, where there are letters, be left out. Phrases: one a line, in any case."
            " A regular expression: RE2 syntax, without look-around and back-references."
        ),
    )
    label = forms.CharField(
        label=_("Shown instead"),
        max_length=40,
        validators=[spells_no_secret],
        required=False,
        help_text=_("In brackets, such as [staff number]. Empty: the name."),
    )
    keep_last = forms.IntegerField(
        label=_("Characters kept at the end"),
        min_value=0,
        max_value=_MOST_KEPT,
        initial=0,
        help_text=_("At most 4. 0: nothing is kept and the label stands instead."),
    )
    is_active = forms.BooleanField(label=_("Switched on"), required=False, initial=True)

    def clean_value(self) -> tuple[str, ...]:
        """Each phrase, or the one format or expression as it was typed."""
        typed = str(self.cleaned_data["value"]).replace("\r\n", "\n")
        if self.data.get(self.add_prefix("kind")) == RuleKind.PHRASE.value:
            return tuple(dict.fromkeys(line.strip() for line in typed.split("\n") if line.strip()))
        return (typed.rstrip("\n"),)

    def clean_label(self) -> str:
        """Without the brackets that the help shows it in: they are put around it anyway."""
        typed = str(self.cleaned_data["label"]).strip()
        is_in_brackets = len(typed) > 1 and typed.startswith("[") and typed.endswith("]")
        return typed[1:-1].strip() if is_in_brackets else typed

    def rule(self, rule_id: UUID | None = None) -> Rule:
        """What was typed; a new rule without `rule_id`."""
        data = self.cleaned_data
        return Rule(
            public_id=rule_id or uuid4(),
            name=data["name"].strip(),
            kind=RuleKind(data["kind"]),
            value=data["value"],
            label=data["label"].strip(),
            keep_last=data["keep_last"],
            is_active=data["is_active"],
        )

    @classmethod
    def initial_of(cls, rule: Rule) -> dict[str, Any]:
        """The form of a rule that is there."""
        return {
            "name": rule.name,
            "kind": rule.kind.value,
            "value": "\n".join(rule.value),
            "label": rule.label,
            "keep_last": rule.keep_last,
            "is_active": rule.is_active,
        }


class SettingsForm(forms.Form):
    """Packs, switches and the allow-list."""

    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False, widget=forms.HiddenInput)
    packs = forms.MultipleChoiceField(label=_("Packs"), required=False, widget=forms.CheckboxSelectMultiple)
    allowed = AsTypedField(
        label=_("Never masked"),
        required=False,
        max_length=_LONGEST_VALUE,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_(
            "One a line, such as your own phone number. Separators and case do not matter."
            " While anything is listed here, no visitor is told before sending what the packs will hide."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = packs()
        choice = self.fields["packs"]
        assert isinstance(choice, forms.MultipleChoiceField)  # noqa: S101  for mypy
        choice.choices = [(pack.name, pack.label) for pack in self.known]
        for name, (label, help_text) in SETTINGS.items():
            self.fields[name] = forms.BooleanField(label=str(label), help_text=str(help_text), required=False)

    def settings(self) -> Settings:
        """What was chosen."""
        data = self.cleaned_data
        lines = (line.strip() for line in data["allowed"].splitlines())
        return Settings(
            packs=frozenset(data["packs"]),
            allowed=tuple(dict.fromkeys(line for line in lines if line)),
            keep_last_four=data["keep_last_four"],
            masks_agents=data["masks_agents"],
            visitor_may_undo=data["visitor_may_undo"],
            typing_preview=data["typing_preview"],
        )

    @classmethod
    def initial_of(cls, rules: RuleSet, revision: int) -> dict[str, Any]:
        """The form of a set of rules, which says which revision of the draft it shows."""
        found: dict[str, Any] = {name: getattr(rules, name) for name in SETTINGS}
        return {
            **found,
            "revision": revision,
            "packs": sorted(rules.packs),
            "allowed": "\n".join(rules.allowed),
        }


class TesterForm(forms.Form):
    """A text to be tried. It is never shown again, stored or logged: only what becomes of it is answered."""

    text = forms.CharField(label=_("Text"), max_length=MAX_LENGTH, strip=False, required=False)
    side = forms.ChoiceField(
        label=_("Written by"), choices=[("visitor", _("a visitor")), ("member", _("a member"))], required=False
    )
    rules = forms.ChoiceField(
        label=_("Rules"), choices=[("draft", _("as drafted")), ("active", _("as active"))], required=False
    )
    before = forms.CharField(label=_("What was said before"), max_length=MAX_LENGTH, strip=False, required=False)
