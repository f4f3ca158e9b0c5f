"""The filter of the trail: read from the address and written into it, so that it can be sent to a colleague or kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from ipaddress import ip_address
from typing import Any, ClassVar, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.audit import Action, Outcome
from security.audit.search import Filter
from security.audit.term import MONTHS
from security.context import ActorKind
from security.forms import MaskedCharField
from security.permissions import Permission
from tenants.admin.organisation.security_forms import PolicySettingsForm
from tenants.policies import masked_for_members
from tenants.services.audit.searching import about

KINDS: Final[dict[str, str | Promise]] = {
    ActorKind.PERSON: _("All members"),
    ActorKind.VISITOR: _("All visitors"),
    ActorKind.OPERATOR: _("All operators"),
    ActorKind.JOB: _("All jobs"),
    ActorKind.COMMAND: _("All commands"),
    ActorKind.ANONYMOUS: _("Whoever was not signed in"),
}
OUTCOMES: Final[dict[str, str | Promise]] = {
    Outcome.OK.value: _("Done"),
    Outcome.DENIED.value: _("Denied"),
    Outcome.FAILED.value: _("Failed"),
}
GROUPS: Final[dict[str, tuple[str | Promise, tuple[str, ...]]]] = {
    "exports": (
        _("All exports"),
        tuple(action.value for action in (
            Action.AUDIT_EXPORTED, Action.REPORT_EXPORTED, Action.VISITOR_EXPORTED, Action.TENANT_EXPORTED, Action.TENANT_EXPORT_TAKEN,
        )),
    ),
    "reads": (
        _("All reads of conversations"),
        tuple(
            action.value
            for action in (Action.CONVERSATION_READ, Action.CONVERSATION_WATCHED, Action.ARCHIVE_READ)
        ),
    ),
}  # fmt: skip

_DAY: Final = forms.DateInput(attrs={"type": "date"})
_ADDRESS: Final = forms.TextInput(attrs={"autocomplete": "off"})
_NO_ADDRESS: Final = _("Enter an address such as 203.0.113.7 or 2001:db8::7.")
_YEARS: Final = range(2000, 3000)
"""Nothing is in the trail outside of them, and the first and last days there are have no midnight in each time zone."""
_NO_ID: Final = _("Enter an id as it stands in the address of a record's page.")


def _actor(value: str) -> None:
    """A person's id or one of KINDS."""
    if value not in KINDS and not _is_id(value):
        raise ValidationError(_("Choose somebody of the list."))


def _action(value: str) -> None:
    """An action, all of its namespace, or one of GROUPS."""
    if not _actions(value):
        raise ValidationError(_("Choose one of the list."))


class FilterForm(forms.Form):
    """Everything is optional; what is entered narrows."""

    actor = forms.CharField(label=_("Who"), required=False, max_length=36, validators=[_actor])
    action = forms.CharField(label=_("What"), required=False, max_length=64, validators=[_action])
    outcome = forms.ChoiceField(label=_("Outcome"), required=False, choices=[("", _("Any")), *OUTCOMES.items()])
    since = forms.DateField(label=_("From"), required=False, widget=_DAY)
    until = forms.DateField(label=_("To"), required=False, widget=_DAY)
    address = forms.GenericIPAddressField(
        label=_("Address"), required=False, widget=_ADDRESS, error_messages={"invalid": _NO_ADDRESS}
    )
    record = forms.UUIDField(label=_("On what (id)"), required=False, error_messages={"invalid": _NO_ID})
    about = forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages={"invalid": _NO_ID})

    def __init__(self, data: Any, *, people: Iterable[tuple[UUID, str]] = (), zone: ZoneInfo) -> None:
        super().__init__(data, label_suffix="", auto_id="filter_%s")
        self.zone = zone
        known = [(str(person), name) for person, name in people]
        given = str(data.get("actor", ""))
        if given and given not in dict(known) and given not in KINDS and _is_id(given):
            known.append((given, f"{given[:8]}…"))
        self.fields["actor"].widget = forms.Select(
            choices=[("", _("Anybody")), (_("Kinds"), list(KINDS.items())), (_("People"), known)]
        )
        self.fields["action"].widget = forms.Select(choices=_action_choices())

    def clean_address(self) -> str:
        """An address as the trail writes it."""
        value = str(self.cleaned_data["address"])
        return str(ip_address(value)) if value else ""

    def clean(self) -> dict[str, Any]:
        """Days in their order."""
        data = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        for name, day in (("since", since), ("until", until)):
            if day and day.year not in _YEARS:
                self.add_error(name, _("Enter a year from 2000 to 2999."))
        if since and until and since > until:
            self.add_error("until", _("Enter a day that is not before the first."))
        return data

    def wanted(self) -> Filter:
        """What was entered, in the scope of the tenant; only of a form that is valid."""
        data = self.cleaned_data
        kind = data["actor"] if data["actor"] in KINDS else None
        return Filter(
            actor=UUID(data["actor"]) if data["actor"] and kind is None else None,
            kind=kind,
            actions=_actions(data["action"]) if data["action"] else (),
            record=data["record"],
            about=about(data["about"]) if data["about"] else (),
            outcome=data["outcome"] or None,
            address=data["address"] or None,
            since=None if data["since"] is None else self._midnight(data["since"]),
            until=None if data["until"] is None else self._midnight(data["until"] + timedelta(days=1)),
        )

    def query(self) -> str:
        """The part of an address that says the same."""
        return _query(self.cleaned_data)

    def kept(self) -> str:
        """The same without the address: a kept filter lies in the clear, and the trail's addresses are deleted before it would be."""
        return _query({**self.cleaned_data, "address": ""})

    def _midnight(self, day: Any) -> datetime:
        return datetime.combine(day, time(), self.zone)


class SaveForm(forms.Form):
    """A name for the filter that is set."""

    name = MaskedCharField(label=_("Name"), max_length=60, masker=masked_for_members)


def _query(values: Mapping[str, Any]) -> str:
    return urlencode({name: str(value) for name, value in values.items() if value})


def _actions(value: str) -> tuple[str, ...]:
    if value in GROUPS:
        return GROUPS[value][1]
    return tuple(action.value for action in Action if value in {action.value, action.value.partition(".")[0]})


def _action_choices() -> list[Any]:
    spaces: dict[str, list[tuple[str, str | Promise]]] = {}
    for action in Action:
        space = action.value.partition(".")[0]
        spaces.setdefault(space, [(space, _("All of these"))]).append((action.value, action.meaning.rstrip(".")))
    groups = [(name, label) for name, (label, _names) in GROUPS.items()]
    named = [(space.replace("_", " ").capitalize(), choices) for space, choices in spaces.items()]
    return [("", _("Anything")), *groups, *named]


def _is_id(value: str) -> bool:
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


class KeepingForm(forms.Form):
    """How long the trail is kept."""

    months = forms.IntegerField(
        label=_("Months that events are kept"),
        required=False,
        min_value=MONTHS[0],
        max_value=MONTHS[-1],
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("Enter a number from 12 to 240, or nothing.")
        ),
        help_text=_(
            "12 to 240. Empty, the default: as long as the account. A longer time holds at once; a shorter one after "
            "seven days at least, and can be undone till then."
        ),
    )


class MailboxForm(PolicySettingsForm):
    """Who keeps the trail's checkpoints."""

    permission = Permission.CONFIGURATION_RETENTION

    class Meta(PolicySettingsForm.Meta):
        fields = ("audit_checkpoint_email",)
        labels: ClassVar = {"audit_checkpoint_email": _("Mailbox for checkpoints")}
        help_texts: ClassVar = {
            "audit_checkpoint_email": _(
                "Once a day the newest signed checkpoint goes there, after somebody there has opened the link that we "
                "send. Who keeps those mails can show a trail that was written anew."
            ),
        }
