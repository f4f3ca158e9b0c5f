"""Operators' pages: which organisations there are, what they use, and keeping one out. Nothing of what is in them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from security.masking import mask_or_withhold
from security.models import User
from tenants.admin.organisation.limits import rows_of
from tenants.admin.platform.plot import HEIGHT, WIDTH, bars
from tenants.admin.platform.reasons import Move, ask_why
from tenants.admin.searching import page_of, searched
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.services.platform import operators, plans, stays
from tenants.services.platform.owners_in import let_owners_in

_MOST_PAGES = 100_000
W = TypeVar("W", bound=StrEnum)
STATES: Final = {
    "all": gettext_lazy("All"),
    "active": gettext_lazy("Active"),
    "suspended": gettext_lazy("Suspended"),
    "unconfirmed": gettext_lazy("Unconfirmed"),
    "over": gettext_lazy("Above their plan"),
}
ORDERS: Final = {
    "newest": gettext_lazy("Newest"),
    "name": gettext_lazy("Name"),
    "messages": gettext_lazy("Messages"),
    "storage": gettext_lazy("Storage"),
    "members": gettext_lazy("Members"),
}


def is_operator(request: HttpRequest) -> bool:
    """Whether the person works for the platform; asked of the account, not of any membership."""
    return isinstance(request.user, User) and request.user.is_working_operator


def operator_of(request: HttpRequest) -> User:
    """Who asks; PermissionDenied for everybody else."""
    if not isinstance(request.user, User) or not is_operator(request):
        raise PermissionDenied
    return request.user


@require_http_methods(["GET", "HEAD", "POST"])
def tenants(request: HttpRequest) -> HttpResponse:
    """Every organisation with what it uses: narrowed, sorted, by pages."""
    number = _page_number(request)
    search = searched(request, mask_or_withhold)
    state = _word(request, "state", operators.State, operators.State.ALL)
    order = _word(request, "order", operators.Order, operators.Order.NEWEST)
    page = operators.list_tenants(
        operator=operator_of(request),
        today=timezone.now().date(),
        search=search,
        state=state,
        order=order,
        page=number,
    )
    context = {
        **site.each_context(request),
        "title": _("Organisations"),
        "tenants": page.tenants,
        "total": page.total,
        "search": search,
        "state": state.value,
        "order": order.value,
        "states": STATES.items(),
        "orders": ORDERS.items(),
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number * operators.PAGE < page.total else None,
    }
    return TemplateResponse(request, "admin/platform/tenants.html", context)


@require_http_methods(["GET", "HEAD"])
def tenant(request: HttpRequest, tenant: UUID) -> HttpResponse:
    """One organisation: its plan and usage, who of the platform is or was in it, and what can be done."""
    operator = operator_of(request)
    found = operators.access_tenant(operator=operator, tenant=tenant)
    standing = plans.standing(operator=operator, tenant=tenant, today=timezone.now().date())
    context = {
        **site.each_context(request),
        "title": found.name,
        "tenant": found,
        "stays": stays.stays(operator=operator, tenant=tenant),
        "standing": standing,
        "rows": rows_of(standing.limits, standing.used),
        "bars": bars(standing.days),
        "plot": {"width": WIDTH, "height": HEIGHT},
        "total": sum(count for _day, count in standing.days),
    }
    return TemplateResponse(request, "admin/platform/tenant.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def suspend(request: HttpRequest, tenant: UUID) -> HttpResponse:
    """Asks why, then keeps everybody of an organisation out."""
    operator = operator_of(request)
    found = operators.access_tenant(operator=operator, tenant=tenant)
    return ask_why(
        request,
        Move(
            title=_("Suspend"),
            template="admin/platform/move.html",
            context={"tenant": found, "is_suspending": True},
            act=lambda reason: operators.suspend(operator=operator, tenant=tenant, reason=reason, now=timezone.now()),
            done=_("The organisation was suspended. Its owners are told."),
            back=reverse("admin:platform_tenant", args=[tenant]),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, tenant: UUID) -> HttpResponse:
    """Asks why, then lets them in again."""
    operator = operator_of(request)
    found = operators.access_tenant(operator=operator, tenant=tenant)
    return ask_why(
        request,
        Move(
            title=_("Let in again"),
            template="admin/platform/move.html",
            context={"tenant": found, "is_suspending": False},
            act=lambda reason: operators.resume(operator=operator, tenant=tenant, reason=reason),
            done=_("The organisation was let in again. Its owners are told."),
            back=reverse("admin:platform_tenant", args=[tenant]),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def owners_in(request: HttpRequest, tenant: UUID) -> HttpResponse:
    """Asks why, then lets the owners in by password where the provider is the only way and broken."""
    operator = operator_of(request)
    found = operators.access_tenant(operator=operator, tenant=tenant)
    return ask_why(
        request,
        Move(
            title=_("Let owners in by password"),
            template="admin/platform/owners_in.html",
            context={"tenant": found},
            act=lambda reason: let_owners_in(operator=operator, tenant=tenant, reason=reason, now=timezone.now()),
            done=_("Owners come in by password for a day. They are told."),
            back=reverse("admin:platform_tenant", args=[tenant]),
        ),
    )


def _word(request: HttpRequest, name: str, words: type[W], otherwise: W) -> W:
    """One of a closed list; anything else in the address is as nothing."""
    try:
        return words(request.GET.get(name, ""))
    except ValueError:
        return otherwise


def _page_number(request: HttpRequest) -> int:
    wanted = page_of(request) or "1"
    return min(max(int(wanted), 1), _MOST_PAGES) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else 1  # noqa: PLR2004


_ABOUT = gettext_lazy("Every organisation with its state, plan and usage.")

for _path, _name, _view, _label in (
    ("platform/tenants/", "platform_tenants", tenants, gettext_lazy("Organisations")),
    ("platform/tenants/<uuid:tenant>/", "platform_tenant", tenant, ""),
    ("platform/tenants/<uuid:tenant>/suspend/", "platform_suspend", suspend, ""),
    ("platform/tenants/<uuid:tenant>/resume/", "platform_resume", resume, ""),
    ("platform/tenants/<uuid:tenant>/owners/", "platform_owners_in", owners_in, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.PLATFORM, is_operator, _label, _ABOUT if _label else ""))
