"""From where members may work: a list of networks, which nobody can write himself out of by mistake."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from security.context import current
from security.errors import Invalid
from security.permissions import Permission
from tenants.admin.base import require_grant
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of
from tenants.networks import MOST, contains, parse_networks
from tenants.services.networks import change_networks
from tenants.services.settings import read_policy

_RIGHT: Final = Permission.CONFIGURATION_SECURITY
TYPED: Final = "exclude me"
"""What is typed by who wants a list without his own address; not translated, so that it can be told by telephone."""


_REFUSALS: Final = {
    "network": gettext_lazy(
        "One of the lines is no network; write 203.0.113.7 or 198.51.100.0/24, one a line, none for everybody."
    ),
    "too_many": gettext_lazy("At most 100 networks: write larger ones."),
    "excludes_you": gettext_lazy("The list does not hold the address you are at. Add it, or type “exclude me”."),
}


class NetworksField(forms.CharField):
    """One network a line; nothing else comes out of it."""

    def clean(self, value: Any) -> list[str]:
        """In one spelling; what is wrong is said with what would be right."""
        try:
            return parse_networks(str(super().clean(value)).splitlines())
        except Invalid as refused:
            raise ValidationError(_REFUSALS[refused.code], code=refused.code) from None


class TypedField(forms.CharField):
    """Whether the words were typed."""

    def clean(self, value: Any) -> bool:
        """Anything else is no."""
        return str(super().clean(value)).strip().casefold() == TYPED


class NetworksForm(forms.Form):
    """The list, and that it is meant."""

    networks = NetworksField(
        label=gettext_lazy("Networks, one a line"),
        required=False,
        max_length=MOST * 44,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Addresses or networks, such as 203.0.113.7, 198.51.100.0/24 or 2001:db8::/32. Empty: from everywhere."
        ),
    )
    sure = TypedField(
        label=gettext_lazy("Without your own address?"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Only for a list that does not hold the address you are at: type “exclude me”."),
    )

    def __init__(self, *args: Any, address: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address = address

    def clean(self) -> dict[str, Any]:
        """Who would lock himself out says that he means it."""
        data = super().clean() or self.cleaned_data
        wanted = data.get("networks")
        if wanted and not contains(wanted, self._address) and not data.get("sure"):
            self.add_error("sure", ValidationError(_REFUSALS["excludes_you"], code="excludes_you"))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
def networks(request: HttpRequest) -> HttpResponse:
    """Shows the list and stores another one."""
    grant, address = require_grant(request), current().address
    policy = read_policy(grant=grant, permission=_RIGHT)
    data = request.POST if request.method == "POST" else None
    form = NetworksForm(data, address=address, initial={"networks": "\n".join(policy.allowed_networks)})
    if request.method == "POST" and form.is_valid():
        wanted, is_sure = form.cleaned_data["networks"], form.cleaned_data["sure"]
        change_networks(grant=grant, networks=wanted, address=address, is_sure=is_sure)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("admin:security_networks"))
    context = {**site.each_context(request), "title": _("Networks"), "form": form, "address": address}
    return TemplateResponse(request, "admin/security/networks.html", context)


site.add_page(
    AdminPage(
        "security/networks/",
        "security_networks",
        networks,
        Section.SECURITY,
        holder_of(_RIGHT),
        gettext_lazy("Networks"),
        gettext_lazy("From which networks members may work."),
    )
)
