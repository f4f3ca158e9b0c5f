"""Into one's organisation, and between several."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from security.accounts.must_change import led_to_change
from security.accounts.second_factor import led_to_enrolment
from security.accounts.sessions import renew_key
from security.errors import NotFound
from security.models import User
from tenants import services
from tenants.access import MembershipRef
from tenants.middleware import LAST_COOKIE
from tenants.navigation import landing_of
from tenants.views.public import SeeOther, next_path, set_cookie


@require_safe
@login_required
@never_cache
def landing(request: HttpRequest) -> HttpResponse:
    """After sign-in: on to where the person works."""
    active: MembershipRef | None = getattr(request, "active", None)
    # Before the grant is asked for: whoever owes one of these has none, which must not read as a role without pages.
    if active is not None and active.must_change_password:
        return led_to_change(request)
    if active is not None and active.must_enrol:
        return led_to_enrolment(request)
    path = landing_of(request)
    if path is not None:
        return redirect(path)
    return render(request, "tenants/no_membership.html" if active is None else "tenants/welcome.html")


@require_POST
@login_required
def switch(request: HttpRequest, tenant: UUID) -> HttpResponse:
    """Go on in another organisation of one's own; any other does not exist."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    memberships: tuple[MembershipRef, ...] = getattr(request, "memberships", ())
    if all(ref.tenant_public_id != tenant for ref in memberships):  # in this session: somebody there has ended it
        raise Http404
    try:
        chosen = services.switch_tenant(user=user, session=request.session, tenant=tenant)
    except NotFound:
        raise Http404 from None
    renew_key(request)
    response = SeeOther(next_path(request, reverse("landing")))
    set_cookie(response, LAST_COOKIE, str(chosen.tenant_public_id))
    return response
