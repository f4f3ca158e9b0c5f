"""Forms over the organisation's policy: what is wrong with a value is said with the values that would be right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import EmailField, Field
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from security.accounts.rules import MODERN, PCI_DSS, CharacterClass, PasswordRules
from security.forms import spells_no_secret
from security.permissions import Grant, Permission
from security.scoping import TenantQuerySet
from tenants.admin.fields import PublicChoicesField
from tenants.admin.forms import TenantModelForm
from tenants.models import Policy, Role
from tenants.services import settings
from tenants.services.settings import POLICY_RIGHTS

OWN: Final = "own"
_AMBIGUOUS: Final = _(
    "You changed values below, which this profile sets. Choose settings of your own to keep what you typed; or leave them as they were."
)
PROFILES: Final[dict[str, PasswordRules]] = {"modern": MODERN, "pci": PCI_DSS}


class PolicySettingsForm(TenantModelForm):
    """Some settings of the policy, all under one right."""

    permission: ClassVar[Permission]

    class Meta(TenantModelForm.Meta):
        model = Policy
        fields: ClassVar[tuple[str, ...]] = ()

        @staticmethod
        def formfield_callback(column: Field[Any, Any], **kwargs: Any) -> Any:
            """An address is kept as it was typed, so it spells no card number."""
            if isinstance(column, EmailField):
                kwargs["validators"] = [spells_no_secret]
            return column.formfield(**kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = {name: getattr(self.instance, name) for name in POLICY_RIGHTS}
        for column in Policy._meta.concrete_fields:
            field = self.fields.get(column.name)
            if isinstance(field, forms.IntegerField):
                _say_bounds(field, column.validators)

    def changed_settings(self) -> list[str]:
        """The settings whose values are others now, by the form's fields or by what it derived from them."""
        return [name for name, value in self._stored.items() if getattr(self.instance, name) != value]

    def store(self, grant: Grant, now: datetime) -> None:
        """Store what was changed."""
        settings.change_policy(grant=grant, policy=self.instance, fields=self.changed_settings())

    def effect(self, grant: Grant, now: datetime) -> str:
        """What the stored settings mean, and for whom: said after saving."""
        return gettext("Saved.")


class PasswordPolicyForm(PolicySettingsForm):
    """A profile fills the settings; with `own` each is as it was typed."""

    permission = Permission.CONFIGURATION_PASSWORDS
    profile = forms.ChoiceField(
        label=_("Profile"),
        choices=[
            ("modern", _("Modern: long, not common, no change without a reason (NIST SP 800-63B-4)")),
            ("pci", _("PCI DSS 4.0.1: 12 characters, letters and digits, changed every 90 days")),
            (OWN, _("Settings of your own, below")),
        ],
        widget=forms.RadioSelect,
        help_text=_("A profile sets everything below. To set a value yourself, choose settings of your own."),
    )
    field_order = ("profile",)
    password_classes = forms.MultipleChoiceField(
        label=_("A password holds"),
        required=False,
        choices=[
            (CharacterClass.LETTERS.value, _("a letter")),
            (CharacterClass.DIGITS.value, _("a digit")),
            (CharacterClass.UPPER.value, _("a capital letter")),
            (CharacterClass.LOWER.value, _("a small letter")),
            (CharacterClass.SYMBOLS.value, _("a sign such as ! or a space")),
        ],
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "None by default: people answer such rules with Password1!, which is easy to guess. Length is what counts."
        ),
    )
    password_min_strength = forms.TypedChoiceField(
        label=_("Strength"),
        coerce=int,
        choices=[
            (0, _("any")),
            (1, _("not guessed at once")),
            (2, _("not easy to guess")),
            (3, _("hard to guess")),
            (4, _("very hard to guess")),
        ],
        help_text=_("How many tries an attacker would need, as zxcvbn estimates it."),
    )

    class Meta(PolicySettingsForm.Meta):
        fields = (
            "password_min_length",
            "password_min_strength",
            "password_classes",
            "password_history",
            "password_max_age_days",
        )
        labels: ClassVar = {
            "password_min_length": _("Characters at least"),
            "password_history": _("Passwords that must not come again"),
            "password_max_age_days": _("Days until a password must be changed"),
        }
        help_texts: ClassVar = {
            "password_min_length": _("8 to 128, 15 by default; 12 is enough where a second factor is required."),
            "password_history": _("0 to 24, the present one counted; 4 by default."),
            "password_max_age_days": _(
                "30 to 365; empty, the default, is never: people who must change without a reason choose weaker passwords"
                " (NIST SP 800-63B-4 and ASVS 6.2.10 are against it, PCI DSS 8.3.9 asks for 90)."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["profile"] = profile_of(self.instance)

    def clean(self) -> dict[str, Any]:
        """A profile sets the other fields; whoever changed one of them as well is asked what he wants."""
        data = super().clean() or self.cleaned_data
        rules = PROFILES.get(data.get("profile", ""))
        if rules is not None:
            values = values_of(rules)
            if any(name in self.changed_data and data.get(name) != value for name, value in values.items()):
                self.add_error("profile", _AMBIGUOUS)
                return data
            data.update(values)
            for name in values:
                self.errors.pop(name, None)
        return data

    def effect(self, grant: Grant, now: datetime) -> str:
        """Who has to change a password, and when."""
        count = settings.led_to_new_passwords(grant=grant, now=now)
        days = self.instance.password_max_age_days
        said = [gettext("Saved. A password that is chosen from now on follows these rules; present ones stay.")]
        if days is not None:
            said = [gettext("Saved. A password is good for %(days)d days from the day it was chosen.") % {"days": days}]
        if count:
            led = ngettext(
                "%(count)d member is led to a new one at the next step.",
                "%(count)d members are led to a new one at their next step.",
                count,
            )
            said.append(led % {"count": count})
        return " ".join(said)


class SecondFactorForm(PolicySettingsForm):
    """Whether every member needs one, or whoever has certain roles, and how long each has to set it up."""

    permission = Permission.CONFIGURATION_SECURITY
    roles = PublicChoicesField(
        label=_("Whoever has one of these roles needs one"),
        queryset=TenantQuerySet(Role).none(),
        required=False,
        help_text=_("Where not every member does. A role counts that is held on a single department, too."),
    )
    field_order = ("second_factor_required", "roles", "second_factor_grace_days")

    class Meta(PolicySettingsForm.Meta):
        fields = ("second_factor_required", "second_factor_grace_days")
        labels: ClassVar = {
            "second_factor_required": _("Every member needs a second factor"),
            "second_factor_grace_days": _("Days to set it up"),
        }
        help_texts: ClassVar = {
            "second_factor_required": _("Who has none after these days sets one up before anything else here."),
            "second_factor_grace_days": _(
                "0 to 30, 7 by default; they begin when it is asked for, for a new member when he joins, and for a role when he is given it."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles: Any = TenantQuerySet(Role).order_by("-is_builtin", "pk")
        self.fields["roles"].queryset = roles  # type: ignore[attr-defined]
        self.initial["roles"] = list(roles.exclude(second_factor_since=None))

    def clean(self) -> dict[str, Any]:
        """The days begin when it is switched on."""
        data = super().clean() or self.cleaned_data
        if data.get("second_factor_required") and not self._stored["second_factor_required"]:
            self.instance.second_factor_since = timezone.now()
        return data

    def store(self, grant: Grant, now: datetime) -> None:
        """What is the policy's, then what is asked of roles."""
        super().store(grant, now)
        chosen = {role.public_id for role in self.cleaned_data["roles"]}
        settings.ask_factor_of_roles(grant=grant, roles=chosen, now=now)

    def effect(self, grant: Grant, now: datetime) -> str:
        """Who has to set one up, and by when."""
        count, due = settings.without_second_factor(grant=grant, now=now)
        if due is None:
            return gettext("Saved. Nobody has to set one up because of this.")
        said = ngettext(
            "Saved. %(count)d member has none and has to set one up by %(due)s.",
            "Saved. %(count)d members have none and have to set one up by %(due)s.",
            count,
        )
        return said % {"count": count, "due": date_format(timezone.localtime(due), "DATETIME_FORMAT")}


class SessionsForm(PolicySettingsForm):
    """How long members stay signed in, and in how many places."""

    permission = Permission.CONFIGURATION_SECURITY

    class Meta(PolicySettingsForm.Meta):
        fields = ("session_idle_minutes", "session_hours", "session_most")
        labels: ClassVar = {
            "session_idle_minutes": _("Minutes without activity until a session ends"),
            "session_hours": _("Hours that a session lasts at most"),
            "session_most": _("Sessions of one member at once"),
        }
        help_texts: ClassVar = {
            "session_idle_minutes": _(
                "5 to 480, 15 by default (PCI DSS 8.2.8). What counts is what a person does; an open console that only waits does not."
            ),
            "session_hours": _("1 to 12, 12 by default, whatever the member does meanwhile."),
            "session_most": _(
                "1 to 50; empty, the default, is as many as a member likes. One more ends the one unused longest."
            ),
        }


def _say_bounds(field: forms.IntegerField, validators: Sequence[Any]) -> None:
    """One sentence with both ends, whichever is passed; a field of the form knows only that the column takes nothing below 0."""
    lows = [found.limit_value for found in validators if isinstance(found, MinValueValidator)]
    highs = [found.limit_value for found in validators if isinstance(found, MaxValueValidator)]
    field.min_value, field.max_value = max(0, *lows), min(highs)
    bounds = {"low": field.min_value, "high": field.max_value}
    said = gettext("Enter a whole number from %(low)d to %(high)d.") % bounds
    field.validators = [MinValueValidator(field.min_value, said), MaxValueValidator(field.max_value, said)]
    field.error_messages["invalid"] = said


def values_of(rules: PasswordRules) -> dict[str, Any]:
    """The rules as the policy stores them."""
    return {
        "password_min_length": rules.min_length,
        "password_classes": [kind.value for kind in CharacterClass if kind in rules.classes],
        "password_min_strength": rules.min_strength,
        "password_history": rules.history,
        "password_max_age_days": rules.max_age_days,
    }


def profile_of(policy: Policy) -> str:
    """The profile whose values the policy has, or `own`."""
    for name, rules in PROFILES.items():
        if all(getattr(policy, field) == value for field, value in values_of(rules).items()):
            return name
    return OWN
