"""Which tenants a command is about: `--tenant SLUG`, or all of them."""

from __future__ import annotations

from dataclasses import dataclass

from security.errors import NotFound
from security.scoping import tenant_ids, tenant_scope
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Selected:
    """A tenant by its number, for scopes, and its slug, for people."""

    id: int
    slug: str


def selected_tenants(slug: str | None = None) -> list[Selected]:
    """All tenants, or the one of this slug; NotFound where there is none. Each is looked at in a scope of its own."""
    found = []
    for tenant_id in tenant_ids():
        with tenant_scope(tenant_id):
            name = Tenant.objects.values_list("slug", flat=True).first()
        if name is not None and slug in {None, name}:
            found.append(Selected(tenant_id, name))
    if slug is not None and not found:
        raise NotFound
    return found
