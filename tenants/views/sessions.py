"""How long the session still lasts, staying in it, ending one, and the way in from a network that is not on the list."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from security.accounts.clock import clock_of
from security.accounts.ending import end_own_session
from security.accounts.limits import is_within
from security.accounts.sessions import polling, renew_key, stay
from security.errors import Denied, NotFound
from security.failures import refuse
from security.models import User
from tenants.access import MembershipRef
from tenants.services import networks
from tenants.views.public import SeeOther, too_many


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@polling  # a page asks by itself; what a person does is noted by the view
def session_clock(request: HttpRequest) -> JsonResponse:
    """The seconds that are left, as JSON; a POST is the person's "I am still here"."""
    if request.method == "POST":
        stay(request, timezone.now())
    clock = clock_of(request)
    if clock is None:  # not a refusal, which browsers write down as an error of the page
        return JsonResponse({"ends_in": None, "can_stay": False})
    return JsonResponse({"ends_in": clock.ends_in, "can_stay": clock.can_stay})


@require_POST
@login_required
def end_session(request: HttpRequest, session: str) -> HttpResponse:
    """End one of the person's own sessions."""
    try:
        end_own_session(user=_person(request), session=session, but=request.session.session_key)
    except NotFound:
        raise Http404 from None
    messages.success(request, _("The session was ended."))
    return SeeOther(reverse("usersessions_list"))


@require_POST
@login_required
def ask_for_network_pass(request: HttpRequest) -> HttpResponse:
    """Send the link."""
    active: MembershipRef | None = getattr(request, "active", None)
    user = _person(request)
    if active is None:
        raise Http404
    if not is_within(request, "network_pass", key=str(user.pk)):
        return too_many(request)
    try:
        networks.ask_for_pass(user=user, tenant_id=active.tenant_id, session=request.session)
    except Denied:
        refuse(request)
        return render(request, "tenants/forbidden.html", status=403)
    messages.success(request, _("We sent you a link. Open it in this browser within 15 minutes."))
    return SeeOther(reverse("landing"))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def network_pass(request: HttpRequest, token: str) -> HttpResponse:
    """Asks once more, so that no scanner of mails uses the link up; then lets this session in."""
    user = _person(request)
    try:
        if request.method == "POST":
            networks.use_pass(token=token, user=user, session=request.session, now=timezone.now())
            renew_key(request)
            return SeeOther(reverse("landing"))
        networks.check_pass(token=token, user=user, session=request.session)
    except NotFound:
        return render(request, "tenants/network_pass_gone.html", status=404)
    return render(request, "tenants/network_pass.html", {"path": request.path})


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user
