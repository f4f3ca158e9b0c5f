"""Forms of the Retention page."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.models import Afterwards
from chat.retention.terms import MOST_ARCHIVE, MOST_PRIMARY, Term
from security.forms import MaskedCharField
from security.permissions import Permission
from tenants.admin.organisation.security_forms import PolicySettingsForm
from tenants.policies import masked_for_members


class RuleForm(forms.Form):
    """For how long, and then what. `seen` is the rule that was in force when the page was opened."""

    seen = forms.RegexField(
        r"\A[0-9]{1,3}-(archive|purge|sent|sent_at_close|none)-[0-9]{0,3}\Z", widget=forms.HiddenInput
    )
    own = forms.TypedChoiceField(
        label=_("Rule"),
        choices=[("own", _("A rule of its own, below")), ("", _("As the whole organisation"))],
        required=False,
    )
    primary_months = forms.IntegerField(
        label=_("Months in the primary store"),
        min_value=0,
        max_value=MOST_PRIMARY,
        help_text=_(
            "1 to 120, 24 by default. Months of the calendar, counted from the last message. 0 only for your own server:"
            " everything that is closed."
        ),
    )
    afterwards = forms.ChoiceField(
        label=_("Then"),
        choices=[
            (Afterwards.ARCHIVE.value, _("Put into the archive")),
            (Afterwards.PURGE.value, _("Delete for good")),
            (Afterwards.SENT.value, _("Send to your own server each day, then delete here")),
            (Afterwards.SENT_AT_CLOSE.value, _("Send to your own server ten minutes after closing, then delete here")),
            (Afterwards.NONE.value, _("Store nothing of what is said, from the beginning")),
        ],
        help_text=_(
            "Your own server is set up on the Retention page. What is in the archive already stays there. Where nothing is stored,"
            " the months are for what remains: times, who answered, waiting and the rating."
        ),
    )
    archive_months = forms.IntegerField(
        label=_("Months until the archive lets go of it"),
        required=False,
        min_value=2,
        max_value=MOST_ARCHIVE,
        help_text=_("Counted from the last message too, up to 600. Empty, the default: as long as the account."),
    )
    typed = MaskedCharField(label=_("Name of the organisation"), required=False, max_length=200)

    def __init__(self, *args: Any, is_departments: bool, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        if not is_departments:
            del self.fields["own"]

    @staticmethod
    def initial_of(term: Term) -> dict[str, Any]:
        """A rule as the form shows it."""
        return {
            "seen": str(term),
            "own": "own",
            "primary_months": term.primary_months,
            "afterwards": term.afterwards.value,
            "archive_months": term.archive_months,
        }

    def clean(self) -> dict[str, Any]:
        """Three values that fit each other."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            term = self.term()
            if term is not None and not term.primary_months and not term.afterwards.is_sent:
                self.add_error(
                    "primary_months", _("Enter 1 or more: only what is sent to your own server may go at once.")
                )
            elif term is not None and term.primary_months and term.afterwards is Afterwards.SENT_AT_CLOSE:
                self.add_error("primary_months", _("Enter 0: what is sent when it is closed does not wait for months."))
            elif term is not None and not term.is_sound:
                is_purged = term.afterwards is not Afterwards.ARCHIVE
                self.add_error(
                    "archive_months",
                    _("Leave this empty: what is deleted or sent away is in no archive.")
                    if is_purged
                    else _("Enter more months than in the primary store, or leave this empty."),
                )
        return data

    def term(self) -> Term | None:
        """What was entered; None for no rule of the department's own."""
        data = self.cleaned_data
        if "own" in self.fields and data["own"] != "own":
            return None
        return Term(data["primary_months"], Afterwards(data["afterwards"]), data["archive_months"])


class CoolingForm(PolicySettingsForm):
    """How long a shorter time waits."""

    permission = Permission.CONFIGURATION_RETENTION

    class Meta(PolicySettingsForm.Meta):
        fields = ("retention_cooling_days",)
        labels: ClassVar = {"retention_cooling_days": _("Days that a shorter time waits")}
        help_texts: ClassVar = {"retention_cooling_days": _("1 to 90, 7 by default. What waits already keeps its day.")}


class HoldForm(forms.Form):
    """What is kept, and why."""

    subject_kind = forms.ChoiceField(
        label=_("What is kept"),
        choices=[
            ("conversation", _("One conversation")),
            ("visitor", _("All of a visitor's conversations")),
            ("everything", _("Everything of the organisation")),
        ],
    )
    record = forms.UUIDField(
        label=_("Id of the conversation or visitor"),
        required=False,
        help_text=_("It stands in the address of a conversation's page. Leave it empty for everything."),
    )
    reason = MaskedCharField(
        label=_("Reason"),
        max_length=500,
        masker=masked_for_members,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Such as the case that it is for. It is stored encrypted."),
    )

    def __init__(self, data: Any = None, *, conversation: str = "") -> None:
        super().__init__(data, initial={"record": conversation}, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """An id where one is needed, and none where it would be ignored."""
        data = super().clean() or self.cleaned_data
        if not self.errors and (data.get("record") is None) != (data["subject_kind"] == "everything"):
            self.add_error("record", _("Enter an id, or choose everything and leave this empty."))
        return data

    def subject(self) -> dict[str, UUID]:
        """As `place_hold` takes it."""
        kind = self.cleaned_data["subject_kind"]
        return {} if kind == "everything" else {kind: self.cleaned_data["record"]}
