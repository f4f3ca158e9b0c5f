"""Break-glass, the operators' pages: into an organisation with a reason and a time, and out again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from security.accounts.sessions import renew_key
from security.errors import Conflict, Invalid
from security.models import User
from tenants.admin.platform.forms import EnterForm
from tenants.admin.platform.operators import is_operator, operator_of
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.models import EntryStatus
from tenants.services.people.switching import switch_tenant
from tenants.services.platform import operators, stays


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, tenant: UUID) -> HttpResponse:
    """Asks for a role, a reason and a time; then the organisation's pages, or the wait for an owner's consent."""
    operator = operator_of(request)
    found = operators.access_tenant(operator=operator, tenant=tenant)
    form = EnterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _entered(request, operator, tenant, form)
        except (Conflict, Invalid) as refusal:
            form.refuse(refusal)
    context = {
        **site.each_context(request),
        "title": _("Enter %(organisation)s") % {"organisation": found.name},
        "tenant": found,
        "form": form,
    }
    return TemplateResponse(request, "admin/platform/enter.html", context)


def _entered(request: HttpRequest, operator: User, tenant: UUID, form: EnterForm) -> HttpResponse:
    data = form.cleaned_data
    entry = stays.enter(
        operator=operator, tenant=tenant, role=data["role"], reason=data["reason"], stay=form.stay(), now=timezone.now()
    )
    if entry.status == EntryStatus.ASKED.value:
        messages.info(request, _("The owners were asked. You are in as soon as one of them allows it."))
        return HttpResponseRedirect(reverse("admin:platform_tenant", args=[tenant]))
    switch_tenant(user=operator, session=request.session, tenant=tenant)
    renew_key(request)
    messages.warning(request, _("You are in. The owners were told, and everything you do is marked in their trail."))
    return HttpResponseRedirect(reverse("admin:index"))


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, tenant: UUID, entry: UUID) -> HttpResponse:
    """Asks, then ends a stay, one's own or a colleague's, or takes back the question."""
    operator = operator_of(request)
    found = operators.access_tenant(operator=operator, tenant=tenant)
    if request.method != "POST":
        context = {**site.each_context(request), "title": _("End the stay"), "tenant": found}
        return TemplateResponse(request, "admin/platform/leave.html", context)
    try:
        stays.leave(operator=operator, tenant=tenant, entry=entry, now=timezone.now())
        messages.success(request, _("The stay has ended. The owners are told."))
    except Conflict as refusal:
        messages.error(request, sentence_for(refusal))
    return HttpResponseRedirect(reverse("admin:platform_tenant", args=[tenant]))


for _path, _name, _view in (
    ("platform/tenants/<uuid:tenant>/enter/", "platform_enter", enter),
    ("platform/tenants/<uuid:tenant>/leave/<uuid:entry>/", "platform_leave", leave),
):
    site.add_page(AdminPage(_path, _name, _view, Section.PLATFORM, is_operator))
