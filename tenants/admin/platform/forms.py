"""What operators fill in. A reason is read by the organisation's owners, so it is masked like everything that people type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from security.errors import DomainError
from security.forms import MaskedCharField
from tenants.admin.refusals import sentence_for
from tenants.roles import ADMIN, ANALYST, AUDITOR, ENTRY_ROLES, SUPERVISOR
from tenants.services.platform.entering import SHORTEST_REASON

LONGEST_REASON: Final = 500
_STAYS: Final = (15, 30, 60, 120, 240)
_USUAL_STAY: Final = 60
_ROLES: Final = {
    AUDITOR: _("Auditor: reads the audit trail, no conversations"),
    ANALYST: _("Analyst: reads reports, no conversations"),
    SUPERVISOR: _("Supervisor: reads conversations and reports, writes nothing"),
    ADMIN: _("Administrator: reads all of it, changes nothing"),
}


class ReasonForm(forms.Form):
    """Why."""

    reason = MaskedCharField(
        label=_("Reason"),
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("At least 10 characters. The owners read it in a mail and in their audit trail."),
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, label_suffix="")

    def refuse(self, refusal: DomainError) -> None:
        """Show the form again with what the service said."""
        self.add_error(None, sentence_for(refusal))


class EnterForm(ReasonForm):
    """As what, why, how long; the least first."""

    role = forms.ChoiceField(
        label=_("Enter as"),
        choices=[(slug, _ROLES[slug]) for slug in ENTRY_ROLES],
        initial=AUDITOR,
        help_text=_(
            "Choose the least that helps. Nobody changes settings, answers visitors or exports anything on such a stay."
        ),
    )
    minutes = forms.TypedChoiceField(
        label=_("For"),
        coerce=int,
        choices=[
            (count, ngettext_lazy("%(count)d minute", "%(count)d minutes", count) % {"count": count})
            for count in _STAYS
        ],
        initial=_USUAL_STAY,
        help_text=_("It ends by itself, and is not made longer: entering again is a new entry with a new notice."),
    )
    field_order = ("role", "reason", "minutes")

    def stay(self) -> timedelta:
        """Of a valid form."""
        return timedelta(minutes=self.cleaned_data["minutes"])
