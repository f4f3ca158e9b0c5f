"""The organisation's own key: whether it is being replaced, and the button that begins."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from security.crypto.replacing import ANNOUNCED_FOR, RESTS_FOR, State
from security.errors import Conflict
from tenants.admin.base import require_grant
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of
from tenants.services.keys import RIGHT, read_keys, replace_key

_STATES = {
    State.ANNOUNCED: gettext_lazy("The new key is made known to every process; it seals five minutes later."),
    State.WRAPPING: gettext_lazy("Everything is put under the new key."),
    State.RESTING: gettext_lazy(
        "Nothing is under the old key any more. It is destroyed when nobody can be at work with it."
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """Shows how far it is, or begins."""
    grant, now = require_grant(request), timezone.now()
    if request.method == "POST":
        try:
            replace_key(grant=grant, now=now)
        except Conflict:
            messages.warning(
                request, _("The key is being replaced already; it can be replaced again when that is done.")
            )
        else:
            messages.success(
                request, _("A new key was made. Workers put everything under it; this page says how far they are.")
            )
        return HttpResponseRedirect(reverse("admin:security_keys"))
    found = read_keys(grant=grant, now=now)
    context = {
        **site.each_context(request),
        "title": _("Keys"),
        "version": found.version,
        "left": found.left,
        "until": found.until,
        "state": _STATES.get(found.state),
        "announced_for": int(ANNOUNCED_FOR.total_seconds() // 60),
        "rests_for": int(RESTS_FOR.total_seconds() // 60),
    }
    return TemplateResponse(request, "admin/security/keys.html", context)


site.add_page(
    AdminPage(
        "security/keys/",
        "security_keys",
        keys,
        Section.SECURITY,
        holder_of(RIGHT),
        gettext_lazy("Keys"),
        gettext_lazy("A new key for all that the organisation stores."),
    )
)
