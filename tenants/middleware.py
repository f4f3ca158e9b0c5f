"""From the session to a scope: which organisation a member's page is about, and what he may do there.

Danger: a page that runs in the wrong organisation's scope shows it to a stranger. Rule: the session only says which one is wanted; each request
asks the database again whether the person belongs to it. Proof: tests/tenants/test_middleware.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponseBase

from security.audit import Action, record_denied
from security.context import acting, current
from security.failures import is_failed, is_refused
from security.models import User
from security.permissions import Grant
from security.scoping import abandon_scope, tenant_scope
from tenants.access import MembershipRef, active_grant, memberships_of
from tenants.services.switching import choose_tenant

MEMBER_PATHS = ("/console/", "/get-started/", "/admin/", "/api/")
"""Pages of members. All others, in the widget's frame above all, run without a scope, whoever is signed in."""
OPERATOR_PATHS = "/admin/platform/"
"""Operators' pages: about all organisations, so in the scope of none, even where the operator is a member somewhere."""
LAST_COOKIE = "tenant"


class TenantMiddleware:
    """Sets `request.memberships`, `request.active` and, on members' pages inside the scope, `request.grant`.

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
            memberships = memberships_of(user)
            active = choose_tenant(request.session, memberships, last=request.COOKIES.get(LAST_COOKIE))
        request.memberships, request.active, request.grant = memberships, active, None  # type: ignore[attr-defined]
        if not isinstance(user, User) or active is None or not _is_in_a_scope(request.path_info):
            return self.get_response(request)
        with tenant_scope(active.tenant_id):
            grant = active_grant(user.pk, active.tenant_id)
            request.grant = grant  # type: ignore[attr-defined]
            response = self._answered(request, grant)
            if is_failed(request):
                abandon_scope()
        if is_refused(request):
            _record_refusal(request, active.tenant_id)
        return response

    def _answered(self, request: HttpRequest, grant: Grant | None) -> HttpResponseBase:
        if grant is None:  # lost between the two looks
            return self.get_response(request)
        actor = replace(current().actor, name=grant.name, role=grant.role)
        with acting(actor=actor):
            return self.get_response(request)


def _record_refusal(request: HttpRequest, tenant_id: int) -> None:
    """In its own transaction: the refused one is gone."""
    match = request.resolver_match
    record_denied(Action.ACCESS_DENIED, tenant_id=tenant_id, route=match.view_name if match else "none")


def _is_in_a_scope(path: str) -> bool:
    return path.startswith(MEMBER_PATHS) and not path.startswith(OPERATOR_PATHS)
