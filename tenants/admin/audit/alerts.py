"""Alerts: what the rules that watch the trail have found, and the rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from security.permissions import Permission, has
from tenants.admin.base import require_grant
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of
from tenants.models import Alert, AlertKind, AlertRule
from tenants.services.audit import alerts
from tenants.services.audit.searching import people
from tenants.services.audit.watching import COUNTED

RULES: Final[dict[AlertKind, tuple[str | Promise, str | Promise]]] = {
    AlertKind.EXPORTS: (gettext_lazy("Many exports"), gettext_lazy("One person exports reports, the trail, visitors' data or everything so often.")),
    AlertKind.READS: (gettext_lazy("Many reads"), gettext_lazy("One person reads so many conversations.")),
    AlertKind.NEW_PLACE: (
        gettext_lazy("Sign-in from a new place"),
        gettext_lazy("A member signs in from a network in which they never did before."),
    ),
    AlertKind.FAILED_SIGN_INS: (gettext_lazy("Failed sign-ins"), gettext_lazy("So many sign-ins of members fail.")),
    AlertKind.WITHHELD: (gettext_lazy("Masking withheld"), gettext_lazy("A message could not be masked and was withheld.")),
    AlertKind.BROKEN: (
        gettext_lazy("Trail not whole"),
        gettext_lazy("A checkpoint was refused or forged, or verifying found an entry that is not as it was written."),
    ),
    AlertKind.CERTIFICATE: (
        gettext_lazy("Identity provider's certificate"),
        gettext_lazy("The certificate by which your identity provider signs ends soon, or has ended. Owners are told by mail besides."),
    ),
}  # fmt: skip
LINKS: Final[dict[AlertKind, str]] = {
    AlertKind.EXPORTS: "action=exports",
    AlertKind.READS: "action=reads",
    AlertKind.NEW_PLACE: "action=session.signed_in",
    AlertKind.FAILED_SIGN_INS: "action=session.sign_in_failed",
    AlertKind.WITHHELD: "action=masking.withheld",
    AlertKind.BROKEN: "action=audit",
    AlertKind.CERTIFICATE: "action=provider.certificate_ending",
}


class RuleForm(forms.Form):
    """One rule; of those that one event is enough for, only whether it is on."""

    is_on = forms.BooleanField(required=False)
    threshold = forms.IntegerField(
        label=gettext_lazy("Entries"), min_value=alerts.THRESHOLDS[0], max_value=alerts.THRESHOLDS[-1]
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Within minutes"), min_value=alerts.MINUTES[0], max_value=alerts.MINUTES[-1]
    )

    def __init__(self, data: Any, rule: AlertRule) -> None:
        self.kind = AlertKind(rule.kind)
        initial = {"is_on": rule.is_on, "threshold": rule.threshold, "minutes": rule.minutes}
        super().__init__(data, prefix=rule.kind, initial=initial, label_suffix="")
        self.title, self.sentence = RULES[self.kind]
        self._kept = rule
        if self.kind not in COUNTED:
            del self.fields["threshold"], self.fields["minutes"]

    def wanted(self) -> alerts.Wanted:
        """The rule as it was entered."""
        data = self.cleaned_data
        threshold, minutes = (data.get(name, getattr(self._kept, name)) for name in ("threshold", "minutes"))
        return alerts.Wanted(self.kind, data["is_on"], threshold, minutes)


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What was found, and the rules."""
    grant = require_grant(request)
    return _page(request, [RuleForm(None, rule) for rule in alerts.read_rules(grant=grant)])


def change(request: HttpRequest) -> HttpResponse:
    """Store the rules; by POST."""
    if request.method != "POST":
        return _back()
    grant = require_grant(request)
    forms_ = [RuleForm(request.POST, rule) for rule in alerts.read_rules(grant=grant)]
    if any(form.errors for form in forms_):
        return _page(request, forms_)
    alerts.change_rules(grant=grant, wanted=[form.wanted() for form in forms_])
    messages.success(request, _("Saved."))
    return _back()


def seen(request: HttpRequest, alert: UUID) -> HttpResponse:
    """Somebody has looked; asked for otherwise than by POST it leads to the page."""
    if request.method == "POST":
        alerts.see_alert(grant=require_grant(request), alert=alert, now=timezone.now())
    return _back()


def _page(request: HttpRequest, rules: Iterable[RuleForm]) -> HttpResponse:
    grant = require_grant(request)
    names = dict(people(grant=grant))
    context = {
        **site.each_context(request),
        "title": _("Alerts"),
        "alerts": [_told(alert, names) for alert in alerts.read_alerts(grant=grant)],
        "rules": rules,
        "may_change": has(grant, alerts.RIGHT),
    }
    return TemplateResponse(request, "admin/audit/alerts.html", context)


def _told(alert: Alert, names: dict[UUID, str]) -> dict[str, Any]:
    kind = AlertKind(alert.kind)
    who = [(person, names.get(person, f"{str(person)[:8]}…")) for person in alert.who]
    link = f"{LINKS[kind]}&before={alert.seq + 1}"
    return {"row": alert, "title": RULES[kind][0], "who": who, "link": link, "is_counted": kind in COUNTED}


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:audit_alerts"))


_ABOUT = gettext_lazy(
    "What the trail tells by itself: many exports or reads, strange sign-ins, a trail that is not whole."
)

for _path, _name, _view, _right, _label in (
    ("alerts/", "audit_alerts", overview, Permission.AUDIT_READ, gettext_lazy("Alerts")),
    ("alerts/rules/", "audit_alert_rules", change, alerts.RIGHT, ""),
    ("alerts/<uuid:alert>/seen/", "audit_alert_seen", seen, Permission.AUDIT_READ, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.AUDIT, holder_of(_right), _label, _ABOUT if _label else ""))
