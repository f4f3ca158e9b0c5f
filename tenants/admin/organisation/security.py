"""Security settings of the organisation, each kind on a page of its own: passwords, sessions, locks."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from security.errors import Conflict
from security.permissions import Permission
from tenants.admin.base import require_grant
from tenants.admin.organisation.security_forms import (
    PasswordPolicyForm,
    PolicySettingsForm,
    SecondFactorForm,
    SessionsForm,
)
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of
from tenants.services import settings
from tenants.services.people.lockouts import lift_lock, read_locks
from tenants.services.people.members import require_password_change_of_all


@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(
    request: HttpRequest, *, form_class: type[PolicySettingsForm], name: str, title: str | Promise, template: str
) -> HttpResponse:
    """One form over the organisation's policy."""
    grant = require_grant(request)
    policy = settings.read_policy(grant=grant, permission=form_class.permission)
    form = form_class(request.POST if request.method == "POST" else None, instance=policy)
    if request.method == "POST" and form.is_valid():
        form.store(grant, timezone.now())
        messages.success(request, form.effect(grant, timezone.now()))
        return HttpResponseRedirect(reverse(f"admin:{name}"))
    return TemplateResponse(request, template, {**site.each_context(request), "title": title, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def require_all(request: HttpRequest) -> HttpResponse:
    """Asks, then leads every member to a new password."""
    if request.method != "POST":
        title = _("Ask everybody for a new password")
        return TemplateResponse(
            request, "admin/security/require_all.html", {**site.each_context(request), "title": title}
        )
    asked = require_password_change_of_all(grant=require_grant(request))
    messages.success(
        request, _("%(count)d members will be asked for a new password before anything else.") % {"count": asked}
    )
    return HttpResponseRedirect(reverse("admin:security_passwords"))


@require_safe
def locks(request: HttpRequest) -> HttpResponse:
    """Which members cannot sign in everywhere, and until when."""
    locked = read_locks(grant=require_grant(request), now=timezone.now())
    context = {**site.each_context(request), "title": _("Locked members"), "locked": locked}
    return TemplateResponse(request, "admin/security/locks.html", context)


def lift(request: HttpRequest, member: UUID) -> HttpResponse:
    """Lets a member try again at once; asked for otherwise than by POST it leads to the list."""
    if request.method == "POST":
        try:
            lift_lock(grant=require_grant(request), member=member, now=timezone.now())
            messages.success(request, _("The lock was lifted. The member is told so by mail."))
        except Conflict as refusal:
            messages.error(request, sentence_for(refusal))
    return HttpResponseRedirect(reverse("admin:security_locks"))


_ABOUT = {
    "security_passwords": gettext_lazy("How long and how old passwords may be, and asking everybody for a new one."),
    "security_second_factor": gettext_lazy("What members show besides the password when they sign in, and who has to."),
    "security_sessions": gettext_lazy("How long members stay signed in, and in how many places at once."),
    "security_locks": gettext_lazy("Who failed to sign in too often, and letting them try again at once."),
}

for _path, _name, _view, _label, _right in (
    (
        "security/passwords/",
        "security_passwords",
        partial(
            settings_page,
            form_class=PasswordPolicyForm,
            name="security_passwords",
            title=gettext_lazy("Passwords"),
            template="admin/security/passwords.html",
        ),
        gettext_lazy("Passwords"),
        Permission.CONFIGURATION_PASSWORDS,
    ),
    (
        "security/second-factor/",
        "security_second_factor",
        partial(
            settings_page,
            form_class=SecondFactorForm,
            name="security_second_factor",
            title=gettext_lazy("Second factor"),
            template="admin/security/second_factor.html",
        ),
        gettext_lazy("Second factor"),
        Permission.CONFIGURATION_SECURITY,
    ),
    (
        "security/sessions/",
        "security_sessions",
        partial(
            settings_page,
            form_class=SessionsForm,
            name="security_sessions",
            title=gettext_lazy("Sessions"),
            template="admin/security/sessions.html",
        ),
        gettext_lazy("Sessions"),
        Permission.CONFIGURATION_SECURITY,
    ),
    ("security/locks/", "security_locks", locks, gettext_lazy("Locked members"), Permission.CONFIGURATION_MEMBERS),
    ("security/locks/<uuid:member>/lift/", "security_lift", lift, "", Permission.CONFIGURATION_MEMBERS),
    ("security/passwords/require/", "security_require_all", require_all, "", Permission.CONFIGURATION_PASSWORDS),
):
    site.add_page(AdminPage(_path, _name, _view, Section.SECURITY, holder_of(_right), _label, _ABOUT.get(_name, "")))
