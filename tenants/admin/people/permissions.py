"""The matrix: every right and every role, from the table that the code asks; and who holds a right at this moment."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from security.permissions import Permission, has
from tenants.admin.base import require_grant
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import grant_of_request
from tenants.permissions import TABLE, TIERS, entries_of
from tenants.services.rights.reading import may_read_roles, read_holders, read_matrix


def may_open(request: HttpRequest) -> bool:
    """For who manages members or roles."""
    grant = grant_of_request(request)
    return grant is not None and may_read_roles(grant)


@require_safe
def matrix(request: HttpRequest) -> HttpResponse:
    """Roles by rights."""
    grant = require_grant(request)
    columns = read_matrix(grant=grant)
    tiers = [
        (
            tier,
            label,
            [(entry, [entry.permission in role.permissions for role in columns]) for entry in entries_of(tier)],
        )
        for tier, label in TIERS.items()
    ]
    context = {
        **site.each_context(request),
        "title": _("Permissions"),
        "columns": columns,
        "width": len(columns) + 2,
        "tiers": tiers,
        "may_open_roles": has(grant, Permission.CONFIGURATION_ROLES),
    }
    return TemplateResponse(request, "admin/permissions/matrix.html", context)


@require_safe
def holders(request: HttpRequest, permission: str) -> HttpResponse:
    """Who may do this."""
    grant = require_grant(request)
    try:
        wanted = Permission(permission)
    except ValueError:
        raise Http404 from None
    entry = TABLE[wanted]
    context = {
        **site.each_context(request),
        "title": entry.name,
        "entry": entry,
        "needs": [TABLE[needed].name for needed in entry.needs],
        "holders": read_holders(grant=grant, permission=wanted),
        "may_open_members": has(grant, Permission.CONFIGURATION_MEMBERS),
    }
    return TemplateResponse(request, "admin/permissions/holders.html", context)


_ABOUT = gettext_lazy("Who may do what: each permission, the roles that give it and the members who hold it.")

for _path, _name, _view, _label in (
    ("permissions/", "permissions", matrix, gettext_lazy("Permissions")),
    ("permissions/<str:permission>/", "permission", holders, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.PEOPLE, may_open, _label, _ABOUT if _label else ""))
