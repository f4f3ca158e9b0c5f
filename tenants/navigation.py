"""Where a person works: the page after sign-in, and the links in the head of every page. Only what answers him is offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.accounts.provided import came
from security.models import User
from security.permissions import Grant, Permission, has, has_somewhere
from security.scoping import tenant_scope
from tenants.access import MembershipRef, active_grant, first_site
from tenants.guards import grant_of_request

_REPORTS = (Permission.REPORTS_ALL, Permission.REPORTS_DEPARTMENT, Permission.REPORTS_OWN)


@dataclass(frozen=True, slots=True)
class Link:
    """A page that the person may open."""

    label: str | Promise
    url: str


def navigation(request: HttpRequest) -> dict[str, Callable[[], list[Link]]]:
    """Context processor: `navigation`, asked for by the pages that have a head, once."""
    return {"navigation": cache(lambda: links_of(request))}


def links_of(request: HttpRequest) -> list[Link]:
    """The pages of the person's own, the one he works in first."""
    links = []
    grant = _grant(request)
    if _is_operator(request):
        links.append(Link(_("Organisations"), reverse("admin:platform_tenants")))
    if grant is not None:
        if has_somewhere(grant, Permission.CHAT_SEE_OWN):
            links.append(Link(_("Console"), settings.CONSOLE_PATH))
        if has(grant, Permission.CONFIGURATION_SITES):
            links.append(Link(_("Get started"), reverse("get_started")))
        if any(has_somewhere(grant, right) for right in Permission):
            links.append(Link(_("Administration"), reverse("admin:index")))
    return links


def landing_of(request: HttpRequest) -> str | None:
    """Where the person begins after sign-in; None where nothing is built for him yet, or he belongs nowhere."""
    grant = _grant(request)
    if not _is_operator(request) and grant is not None:
        if has(grant, Permission.CONFIGURATION_ACCOUNT) and _waits_for_first_visitor(grant):
            return reverse("get_started")
        if Permission.AUDIT_READ in grant.permissions and not has_somewhere(grant, Permission.CHAT_SEE_OWN):
            return reverse("admin:security_auditevent_changelist")
        if any(has_somewhere(grant, right) for right in _REPORTS) and not has_somewhere(grant, Permission.CHAT_SEE_OWN):
            return reverse("admin:reports")
    links = links_of(request)
    return links[0].url if links else None


def _is_operator(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_working_operator


def _grant(request: HttpRequest) -> Grant | None:
    """In the person's active organisation, on pages outside of any scope too."""
    active: MembershipRef | None = getattr(request, "active", None)
    if active is None or not isinstance(request.user, User):
        return None
    return grant_of_request(request) or active_grant(request.user.pk, active.tenant_id, came=came(request.session))


def _waits_for_first_visitor(grant: Grant) -> bool:
    with tenant_scope(grant.tenant_id):
        site = first_site()
    return site is not None and site.seen_at is None
