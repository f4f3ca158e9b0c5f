"""From the session to a scope: which organisation a member's page is about, and what he may do there.

Danger: a page that runs in the wrong organisation's scope shows it to a stranger, and a form that was opened in one organisation and sent after
a switch in another tab writes into the other. Rule: the session only says which one is wanted; each request asks the database again whether
the person belongs to it; each unsafe one names the organisation its page was shown in. Proof: tests/tenants/test_middleware.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from security.accounts.must_change import led_to_change
from security.accounts.provided import came
from security.accounts.second_factor import led_to_enrolment
from security.accounts.sessions import began_at, is_over, sign_out_over
from security.audit import Action, record_denied
from security.context import ANONYMOUS, Actor, acting, current
from security.failures import is_failed, is_refused, refuse
from security.models import User
from security.permissions import Grant
from security.scoping import PLATFORM_TENANT_ID, abandon_scope, give_connections_back, tenant_scope
from tenants.access import MembershipRef, active_grant, memberships_of
from tenants.interlude import Interlude, note_outcome
from tenants.networks import is_let_in
from tenants.services.hours import zone_named
from tenants.services.networks import may_ask
from tenants.services.people.last_seen import is_due, note_seen
from tenants.services.people.switching import choose_tenant, note_move, reachable, tenant_of

MEMBER_PATHS = ("/console/", "/get-started/", "/admin/", "/api/")
"""Pages of members. All others, in the widget's frame above all, run without a scope, whoever is signed in."""
OPERATOR_PATHS = "/admin/platform/"
"""Operators' pages: about all organisations, so in the scope of none, even where the operator is a member somewhere."""
LAST_COOKIE = "tenant"
FIELD = "_tenant"
"""Of each member's form: the public id of the organisation in which it was opened; programs send it as the header `HEADER`."""
HEADER = "X-Tenant"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class TenantMiddleware:
    """Sets `request.memberships`, `request.active` and, on members' pages inside the scope, `request.grant` and the organisation's time zone.

    After AuthenticationMiddleware, SessionLimitsMiddleware and ActorMiddleware. Who has no organisation, or was suspended in his only one,
    has no grant and no scope: views refuse him (`tenants.guards`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, in the scope of the session's active organisation where the page is a member's."""
        memberships: tuple[MembershipRef, ...] = ()
        active: MembershipRef | None = None
        user = request.user
        if isinstance(user, User):
            mine = memberships_of(user, begun_at=began_at(request), came=came(request.session))
            memberships = reachable(request.session, mine)
            last, is_safe, before = (
                request.COOKIES.get(LAST_COOKIE),
                request.method in _SAFE,
                tenant_of(request.session),
            )
            active = choose_tenant(request.session, memberships, last=last, may_move=is_safe)
            if is_over(request, timezone.now()):
                return self._as_nobody(request)
            note_move(user=user, before=before, active=active)
        request.memberships, request.active, request.grant = memberships, active, None  # type: ignore[attr-defined]
        if not isinstance(user, User) or active is None or not _is_in_a_scope(request.path_info):
            response = self.get_response(request)
        elif not _is_let_in(request, active):
            response = _from_elsewhere(request, user, active)
        elif active.must_change_password:
            response = led_to_change(request)
        elif active.must_enrol:
            response = led_to_enrolment(request)
        elif request.method not in _SAFE and _tenant_of_page(request) != str(active.tenant_public_id):
            return _opened_elsewhere(request)
        else:
            response = self._members_page(request, user, active)
            _note_seen(request, active)
        if is_refused(request) and isinstance(user, User):
            _record_refusal(request, PLATFORM_TENANT_ID if active is None else active.tenant_id)
        return response

    def _as_nobody(self, request: HttpRequest) -> HttpResponseBase:
        """The limits were tightened since the session's last request: it is over before anything is done in it."""
        sign_out_over(request)
        request.memberships, request.active, request.grant = (), None, None  # type: ignore[attr-defined]
        with acting(actor=ANONYMOUS):
            return self.get_response(request)

    def _members_page(self, request: HttpRequest, user: User, active: MembershipRef) -> HttpResponseBase:
        response = self._in_scope(request, user, active)
        if not isinstance(response, Interlude):
            return response
        give_connections_back()
        asked_by, outcome = getattr(request, "grant", None), response.work()
        note_outcome(request, outcome)
        if response.noted is not None:
            with tenant_scope(active.tenant_id), acting(actor=_actor(asked_by)):
                response.noted(outcome)
        return self._in_scope(request, user, active)  # which asks for the grant again

    def _in_scope(self, request: HttpRequest, user: User, active: MembershipRef) -> HttpResponseBase:
        with tenant_scope(active.tenant_id), timezone.override(zone_named(active.time_zone)):
            grant = active_grant(user.pk, active.tenant_id, came=came(request.session))
            request.grant = grant  # type: ignore[attr-defined]
            response = self._answered(request, grant)
            if is_failed(request):
                abandon_scope()
        return response

    def _answered(self, request: HttpRequest, grant: Grant | None) -> HttpResponseBase:
        with acting(actor=_actor(grant)):
            return self.get_response(request)


def _actor(grant: Grant | None) -> Actor:
    """The person, as the organisation knows him; as he came where his grant was lost between the two looks."""
    if grant is None:
        return current().actor
    entry = None if grant.entry is None else str(grant.entry)
    return replace(current().actor, name=grant.name, role=grant.role, entry=entry)


def _note_seen(request: HttpRequest, active: MembershipRef) -> None:
    """A page that asks by itself is nobody's doing."""
    now = timezone.now()
    if is_due(active.last_seen_at, now) and not getattr(request, "is_polling", False):
        note_seen(tenant_id=active.tenant_id, member=active.membership_public_id, now=now)


def _is_let_in(request: HttpRequest, active: MembershipRef) -> bool:
    address, now = current().address, timezone.now()
    return is_let_in(active.networks, address, session=request.session, tenant_id=active.tenant_id, now=now)


def _from_elsewhere(request: HttpRequest, user: User, active: MembershipRef) -> HttpResponseBase:
    """The organisation works from other networks; who may change that is offered a way in."""
    refuse(request)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"code": "network"}, status=403)
    context = {
        "may_ask": may_ask(user=user, tenant_id=active.tenant_id, how=came(request.session)),
        "address": current().address,
    }
    return render(request, "tenants/other_network.html", context, status=403)


def _record_refusal(request: HttpRequest, tenant_id: int) -> None:
    """In its own transaction: the refused one is gone. By the same actor, who may be in for a time."""
    match = request.resolver_match
    with acting(actor=_actor(getattr(request, "grant", None))):
        record_denied(Action.ACCESS_DENIED, tenant_id=tenant_id, route=match.view_name if match else "none")


def _tenant_of_page(request: HttpRequest) -> str:
    return request.headers.get(HEADER) or request.POST.get(FIELD, "")


def _opened_elsewhere(request: HttpRequest) -> HttpResponseBase:
    """The page was opened in another organisation than the session's, or does not say in which: nothing is done in either."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"code": "other_tenant"}, status=409)
    return render(request, "tenants/other_tenant.html", status=409)


def _is_in_a_scope(path: str) -> bool:
    return path.startswith(MEMBER_PATHS) and not path.startswith(OPERATOR_PATHS)
